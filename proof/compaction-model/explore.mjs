// What the models share: violations, choices (random, or all of them in turn), and the two ways to explore.

export class Violation extends Error {}

export function bad(kind, text) {
  const e = new Violation(`${kind}: ${text}`);
  e.kind = kind;
  throw e;
}

export class Rng {
  constructor(seed) {
    this.s = (seed * 2654435761) >>> 0 || 1;
    for (let i = 0; i < 4; i++) this.next();
  }
  next() {
    let x = this.s;
    x ^= x << 13;
    x >>>= 0;
    x ^= x >>> 17;
    x ^= x << 5;
    x >>>= 0;
    this.s = x;
    return x;
  }
  pick(n) {
    return n <= 1 ? 0 : this.next() % n;
  }
  chance(p) {
    return this.next() / 4294967296 < p;
  }
}

/** Replays a prefix of choices, then always takes the first; remembers how many there were. */
class Scripted {
  constructor(prefix) {
    this.prefix = prefix;
    this.at = 0;
    this.arity = [];
    this.taken = [];
  }
  pick(n) {
    if (n <= 1) return 0;
    const v = this.at < this.prefix.length ? this.prefix[this.at] : 0;
    this.at++;
    this.arity.push(n);
    this.taken.push(v);
    return v;
  }
  chance() {
    return this.pick(2) === 1;
  }
}

/** Runs `runOne(choices, seed)` for each seed; what it returns is summed up. */
export function randomRuns(runOne, runs, seed, stopAtFirst) {
  const t = Date.now();
  const sum = {};
  const found = new Map();
  let n = 0;
  for (; n < runs; n++) {
    const sd = seed + n;
    try {
      const stats = runOne(new Rng(sd), sd);
      for (const k in stats) sum[k] = (sum[k] ?? 0) + stats[k];
    } catch (e) {
      if (!e.kind) {
        e.message += ` (seed ${sd})`;
        throw e;
      }
      const f = found.get(e.kind);
      if (!f) found.set(e.kind, { seed: sd, text: e.message, n: 1 });
      else f.n++;
      if (stopAtFirst) {
        n++;
        break;
      }
    }
  }
  return { n, ms: Date.now() - t, sum, found };
}

/** Runs `runOne(choices)` with every sequence of choices, depth first, at most `cap` of them. */
export function allRuns(runOne, cap, stopAtFirst) {
  let prefix = [];
  let n = 0;
  const found = new Map();
  let exhausted = false;
  const t = Date.now();
  let steps = 0;
  for (; n < cap; ) {
    const c = new Scripted(prefix);
    n++;
    try {
      runOne(c);
    } catch (e) {
      if (!e.kind) throw e;
      if (!found.has(e.kind)) found.set(e.kind, { choices: c.taken.join(""), text: e.message, n: 0 });
      found.get(e.kind).n++;
      if (stopAtFirst) break;
    }
    steps += c.taken.length;
    let i = c.taken.length - 1;
    while (i >= 0 && c.taken[i] + 1 >= c.arity[i]) i--;
    if (i < 0) {
      exhausted = true;
      break;
    }
    prefix = c.taken.slice(0, i);
    prefix.push(c.taken[i] + 1);
  }
  return { n, exhausted, ms: Date.now() - t, found, steps };
}

/** A command's arguments: `name=value`, of which `rules` take what they know; one without `=` is `word`. */
export function argumentsOf(words, rules, defaults) {
  const a = { ...defaults };
  for (const x of words) {
    if (!x.includes("=")) {
      a.word = x;
      continue;
    }
    const [k, v0] = x.split("=");
    const v = v0 === "true" ? true : v0 === "false" ? false : /^\d+$/.test(v0) ? Number(v0) : v0;
    if (k in rules) rules[k] = v;
    else a[k] = v;
  }
  return a;
}
