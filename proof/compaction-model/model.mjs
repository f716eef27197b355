// Executable model of compaction in place for a Bitcask-like store (append-only segments, last write wins). Node >= 20,
// no dependencies. Four designs:
//
//   A   a first proposal, repaired: dead records dropped by rewriting a segment in place (rename over it), neighbours merged
//   AL  A without merging: segments that become empty are unlinked
//   B   RECOMMENDED: victims (any sealed segment with waste, oldest first): live records are appended again, the active
//       segment is synced, the victim's id is named in the marker, the victim is unlinked. Segments never change.
//   C   B restricted to the oldest segments (a ring; needs no marker, but rewrites cold data)
//
//   node model.mjs random  [design=A|AL|B|C] [runs=100000] [seed=1] [first=1] [rule=value ...]   random exploration
//   node model.mjs small   [design] [scope=NAME] [cap=1000000] [first=1] [rule=value ...]        small scopes, exhaustively
//   node model.mjs mutants [design] [runs=100000] [only=rule]                                    leave out each rule: is it found?
//   node model.mjs story   [design] seed=N [tail=45] [rule=value ...]                            one random run, told step by step
//
//   the first proposal exactly as written: random A syncActive=false superseded=false mergeDescending=false mergeNoAbort=false
//       identity=ino sameListing=false readerTail=false followNotice=false markerSync=false prune=false tomb=run mergeNoDead=true
//
// Not modelled: bytes within a frame (appends are whole frames; a torn tail is cut by open), lock replacement, bit rot, a
// directory sync that fails and later "succeeds" without having written, snapshots and iterators that hold places for long.
//
// World: files are inodes (frames in page cache, how many are durable); the directory has a cached and a durable map and
// a list of pending operations; a power cut keeps any subset of these (a rename is one operation) and any prefix of the
// unsynced frames of each file. Inode NUMBERS may be reused at once. Every `yield` is a scheduling point at which users,
// readers, a follower, a kill, a power cut or a failure may come. Sizes are counted in frames (SEGMAX per segment).
// Values are unique (the txid of the original Put), so "wrong or older value" is decidable.

import { allRuns, argumentsOf, bad, Rng, randomRuns } from "./explore.mjs";

export const RULES = {
  // writer, designs A / AL
  syncActive: true, // active segment synced after survivors were decided and before the rename   (NEW, R3)
  syncNew: true, // .new synced before it is renamed
  dirSync: true, // directory synced after the rename, before anything else is done
  ascending: true, // segments in ascending order
  tomb: "sameRun", // 'run' = proposal | 'sameRun' = all r<s clean by now | 'always' | 'never' | 'own' (ignores r<s) | 'live' (keydir-absent keys only)
  keepNewest: true, // the newest record is kept
  sameTurn: true, // keydir switched in the turn of the rename
  pointCheck: true, // switched only where the entry still points to the old place
  forget: true, // the writer's own cached descriptor is closed at the switch
  keepRaw: true,
  onlySealed: true, // active is never rewritten (mutant: it is)
  rotateFirst: true,
  marker: true, // marker durable before the first rename / removal
  markerSync: true, // directory synced before the first rename / each removal even if the marker says it already (NEW)
  prune: true, // open takes ids that are there out of the marker                              (NEW)
  markerIds: true, // the marker names removed ids (not only a bound)
  poison: true, // failed rename / directory sync closes the handle
  abortCleans: true, // failure before the rename removes .new
  openCleans: true, // open removes .new
  openDirSync: true, // open syncs the directory before it looks
  openSync: true, // open syncs the active segment
  // merging (A)
  merge: true,
  mergeNoDead: false, // proposal: only where no dead Put is      (found superfluous)
  mergeSync: true, // directory synced between rename over b and the removals
  mergeEndSync: true, // directory synced after the removals, before anything else
  mergeDescending: true, // removals from the highest id down, so that what vanished always stands in the next listed one (NEW)
  mergeNoAbort: true, // from the rename on a merge is not aborted                            (NEW)
  mergeInto: "last", // 'last' = proposal | 'first' (mutant)
  superseded: true, // open, readers: a segment whose records stand in a later one is removed / skipped   (NEW, R9)
  alHeadMarker: true, // AL: also empty segments at the head are named before they go         (NEW)
  // ring (C)
  ringSync: true, // copies synced before the segment goes
  ringDirSync: true, // removal durable before the next one
  ringNoAbort: true, // not aborted between removal and directory sync
  ringOldest: true, // always the oldest (mutant: any)
  headFree: false, // B: the oldest segment is removed without being named in the marker
  oneOrder: true, // B: a run begins at the oldest segment with waste (mutant: begins anywhere)
  skip: false, // B: a minimum of waste: any segment may be left though it has some      (a variant)
  skipTomb: true, // ... behind one that was left, a tombstone whose key is not live is appended again
  ringCheck: true, // copied only if the key still points there, in the same turn
  // readers
  identity: "full", // 'ino' = inode number only | 'full' = inode, size, mtime
  relist: true, // second listing, until nothing changed
  readerTail: true, // records of a rewritten segment that are newer than all seen are replayed   (NEW, R11)
  readOn: true, // later passes read on in the active segment and in new ones               (NEW, R11)
  sameListing: true, // ... nothing: no new segment either                                      (NEW, R11)
  unmet: true, // keys that point into a rewritten / vanished segment and were not met are deleted
  vanishedGroup: true, // vanished segments belong to the next listed one
  getCheck: true, // get: the descriptor's identity must be the entry's, else refresh
  enoentLoop: true, // ring: ENOENT of a listed, unread segment -> another pass
  fullReader: false, // B, C: today's reader (reads all again); the incremental one otherwise
  followNotice: true, // follower is told when compaction passed it (else it may miss a delete)
};

const K = 3;
let SEGMAX = 4;
// ---------------------------------------------------------------- file system
const _segName = (id) => id; // numbers name segments
const tmpName = (id) => `${id}.new`;
class FS {
  constructor(w) {
    this.w = w;
    this.cached = new Map();
    this.durable = new Map();
    this.pend = [];
    this.uid = 1;
    this.inos = new Set();
    this.freed = [];
    this.renames = 0;
  }
  alloc(name) {
    const reuse =
      this.freed.length > 0 &&
      (this.w.o.reuse ?? this.w.c.chance(0.7)) &&
      !(this.w.o.marksFresh && String(name).startsWith("M"));
    const ino = reuse ? this.freed.pop() : ++this.uid;
    return { ino, key: Symbol(), frames: [], dur: 0, torn: false, links: 0, fds: 0 };
  }
  drop(n) {
    n.links--;
    this.release(n);
  }
  release(n) {
    if (n.links === 0 && n.fds === 0) this.freed.push(n.ino);
  }
  create(name) {
    if (this.cached.has(name)) bad("exclusive", `${name} exists`);
    const n = this.alloc(name);
    n.links = 1;
    this.cached.set(name, n);
    this.pend.push(["link", name, n]);
    return n;
  }
  unlink(name) {
    const n = this.cached.get(name);
    if (!n) return;
    this.cached.delete(name);
    this.pend.push(["unlink", name]);
    this.drop(n);
  }
  rename(a, b) {
    const n = this.cached.get(a),
      o = this.cached.get(b);
    this.cached.delete(a);
    this.cached.set(b, n);
    this.pend.push(["rename", a, b, n]);
    if (o) this.drop(o);
    this.renames++;
  }
  syncDir() {
    for (const op of this.pend) FS.apply(this.durable, op);
    this.pend = [];
  }
  static apply(m, op) {
    if (op[0] === "link") m.set(op[1], op[2]);
    else if (op[0] === "unlink") m.delete(op[1]);
    else {
      m.delete(op[1]);
      m.set(op[2], op[3]);
    }
  }
  sync(n) {
    n.dur = n.frames.length;
  }
  power(c) {
    for (const op of this.pend) if (c.chance(0.5)) FS.apply(this.durable, op);
    this.pend = [];
    this.cached = new Map(this.durable);
    const seen = new Set();
    for (const [_name, n] of this.cached) {
      if (seen.has(n)) continue;
      seen.add(n);
      const extra = n.frames.length - n.dur;
      if (extra > 0) {
        n.frames = n.frames.slice(0, n.dur + c.pick(extra + 1));
        n.torn = n.frames.length < n.dur + extra && c.chance(0.5);
      }
      n.dur = n.frames.length;
      n.fds = 0;
      n.links = 0;
    }
    for (const n of this.cached.values()) n.links++;
  }
  segments() {
    const r = [];
    for (const k of this.cached.keys()) if (typeof k === "number") r.push(k);
    return r.sort((a, b) => a - b);
  }
}

// ---------------------------------------------------------------- the world
export class World {
  constructor(c, rules, design, opts = {}) {
    this.c = c;
    this.r = rules;
    this.design = design;
    this.o = opts;
    this.fs = new FS(this);
    this.story = opts.story ? [] : null;
    this.stats = {
      steps: 0,
      crashes: 0,
      kills: 0,
      opens: 0,
      refreshes: 0,
      gets: 0,
      renames: 0,
      fails: 0,
      notices: 0,
      passes: 0,
    };
    this.hist = [null];
    this.states = [new Array(K).fill(0)];
    this.tl = [this.states[0].join()];
    this.floor = 0;
    const _first = this.fs.create(1);
    this.fs.syncDir();
    this.open1 = null;
    this.wr = null;
    this.openSync();
  }
  get isRing() {
    return this.design === "C" || this.design === "B";
  }
  say(t) {
    if (this.story) this.story.push(t);
  }
  dump() {
    return this.fs
      .segments()
      .map(
        (s) =>
          `${s}[${this.fs.cached
            .get(s)
            .frames.map(
              (f) =>
                `${f.t}${f.t === "R" ? "" : "abc"[f.k]}${f.x}${f.v !== f.x && f.t === "P" ? `=${f.v}` : ""}`,
            )
            .join(" ")}]`,
      )
      .join(" ");
  }
  diskState() {
    const k = new Array(K).fill(0);
    for (const id of this.fs.segments())
      for (const f of this.fs.cached.get(id).frames) {
        if (f.t === "P") k[f.k] = f.v;
        else if (f.t === "D") k[f.k] = 0;
      }
    return k.join();
  }
  note(state) {
    const s = state.join();
    this.tl.push(s);
  }

  // ---- opening for writing: a generator, so that it can be interrupted
  *openGen() {
    const { fs, r } = this;
    if (r.openDirSync) fs.syncDir();
    yield "open: directory synced";
    for (const name of [...fs.cached.keys()])
      if (typeof name === "string" && name.endsWith(".new") && r.openCleans) {
        fs.unlink(name);
        yield "open: .new removed";
      }
    let ids = fs.segments();
    if (r.superseded) {
      let removed = false;
      for (const id of r.mergeDescending ? supersededOf(fs, ids).reverse() : supersededOf(fs, ids)) {
        fs.unlink(id);
        removed = true;
        yield `open: superseded ${id} removed`;
      }
      if (removed) {
        fs.syncDir();
        yield "open: directory synced";
      }
      ids = fs.segments();
    }
    if (ids.length === 0) {
      fs.create(1);
      fs.syncDir();
      ids = [1];
    }
    const active = fs.cached.get(ids.at(-1));
    for (const id of ids.slice(0, -1))
      if (fs.cached.get(id).torn) bad("unopenable", `sealed segment ${id} is torn`);
    active.torn = false; // cut, synced
    if (r.openSync) fs.sync(active);
    yield "open: active synced";
    const W = { ids, key: new Array(K).fill(null), next: 1, poisoned: false, fds: new Map(), busy: false };
    let max = 0;
    let last = 0;
    const raws = [];
    for (const id of ids) {
      const n = fs.cached.get(id);
      n.frames.forEach((f, i) => {
        if (f.t === "P") W.key[f.k] = { seg: id, i, v: f.v };
        else if (f.t === "D") W.key[f.k] = null;
        else raws.push(f.x);
        if (f.x <= last) bad("txid", `record ${f.x} behind ${last}: ${this.dump()}`);
        last = f.x;
        if (f.x > max) max = f.x;
      });
    }
    W.next = max + 1;
    if (max < this.floor)
      bad("txid", `newest record is ${max}, ${this.floor} was durable: txids restart; ${this.dump()}`);
    if (max >= this.hist.length) bad("txid", `record ${max} was never written`);
    const state = W.key.map((e) => (e ? e.v : 0)).join();
    const want = this.states[max].join();
    if (state !== want)
      bad("state", `opened as ${state}, history up to txid ${max} says ${want}; ${this.dump()}`);
    const wantRaws = [];
    for (let x = 1; x <= max; x++) if (this.hist[x].t === "R") wantRaws.push(x);
    if (raws.join() !== wantRaws.join()) bad("raw", `Raw records ${raws}, written ${wantRaws}`);
    const warn = warnings(fs, ids, this.design);
    if (warn.length)
      bad("warning", `${warn.join("; ")}; ${this.dump()}; marker ${JSON.stringify(markerOf(fs))}`);
    if (r.prune && markerOf(fs).removed.some((id) => ids.includes(id)))
      yield* this.publishMarker((m) => ({ ...m, removed: m.removed.filter((id) => !ids.includes(id)) }));
    this.hist.length = max + 1;
    this.states.length = max + 1;
    this.floor = r.openSync ? max : this.floor;
    if (this.tl.at(-1) !== want) this.tl.push(want);
    this.wr = W;
    this.stats.opens++;
    this.say(`opened: ${this.dump()}`);
  }
  openSync() {
    for (const _ of this.openGen());
  }

  // ---- writing
  active() {
    return this.fs.cached.get(this.wr.ids.at(-1));
  }
  append(t, k, v) {
    const W = this.wr;
    if (this.active().frames.length >= SEGMAX) this.rotate();
    const x = W.next++;
    const n = this.active();
    const f = { t, k, x, v: v ?? x };
    n.frames.push(f);
    this.hist.push({ t: v === undefined ? t : "copy", k });
    if (t === "P") W.key[k] = { seg: W.ids.at(-1), i: n.frames.length - 1, v: f.v };
    else if (t === "D") W.key[k] = null;
    const s = W.key.map((e) => (e ? e.v : 0));
    if (v !== undefined && this.states.at(-1).join() !== s.join())
      bad("state", `a copy changes the state from ${this.states.at(-1)} to ${s}`);
    this.states.push(s);
    this.note(s);
    return f;
  }
  syncActive() {
    this.fs.sync(this.active());
    this.floor = this.hist.length - 1;
  }
  rotate() {
    const W = this.wr;
    this.syncActive();
    const id = W.ids.at(-1) + 1;
    this.fs.create(id);
    this.fs.syncDir();
    W.ids.push(id);
  }
  writerGet(k) {
    // through the writer's own descriptors, two of which stay open
    const W = this.wr;
    const e = W.key[k];
    if (!e) return;
    let fd = W.fds.get(e.seg);
    if (!fd) {
      fd = this.fs.cached.get(e.seg);
      if (!fd) bad("writer get", `segment ${e.seg} is gone`);
      fd.fds++;
      W.fds.set(e.seg, fd);
      if (W.fds.size > 2) {
        const [s, o] = W.fds.entries().next().value;
        W.fds.delete(s);
        o.fds--;
        this.fs.release(o);
      }
    }
    const f = fd.frames[e.i];
    if (f?.t !== "P" || f.k !== k || f.v !== e.v)
      bad("writer get", `key ${"abc"[k]}: expected value ${e.v} at ${e.seg}/${e.i}, found ${f && f.t + f.x}`);
  }
  forget(id) {
    const W = this.wr;
    const fd = W.fds.get(id);
    if (fd && this.r.forget) {
      W.fds.delete(id);
      fd.fds--;
      this.fs.release(fd);
    }
  }
  deadPuts(id) {
    const W = this.wr;
    return this.fs.cached.get(id).frames.some((f, i) => f.t === "P" && !pointsTo(W, f, id, i));
  }
  hasWaste(id) {
    const W = this.wr;
    return this.fs.cached
      .get(id)
      .frames.some((f, i) => (f.t === "P" && !pointsTo(W, f, id, i)) || (f.t === "D" && f.x !== W.next - 1));
  }

  // ---- design A: rewriting and merging
  // biome-ignore lint/correctness/useYield: called as the steps that may fail are
  *fail(what) {
    // a failure the caller must handle
    if (this.o.failures !== false && this.c.chance(this.o.pFail ?? 0.03)) {
      this.stats.fails++;
      this.say(`! ${what} fails`);
      return true;
    }
    return false;
  }
  *publishMarker(change) {
    // written under a temporary name, synced, renamed, directory synced
    const { fs } = this;
    if (!this.r.marker) return true;
    const old = markerOf(fs);
    const m = change({ upTo: old.upTo, removed: [...old.removed], gen: old.gen });
    if (m.upTo === old.upTo && m.removed.join() === old.removed.join() && m.gen === old.gen) {
      if (this.r.markerSync) {
        fs.syncDir();
        yield "directory synced";
      }
      return true;
    } // what is seen may not be durable
    if (fs.cached.has("M.new")) fs.unlink("M.new");
    const n = fs.create("M.new");
    n.frames.push(m);
    yield "marker written";
    fs.sync(n);
    fs.rename("M.new", "M");
    yield "marker renamed";
    fs.syncDir();
    yield "marker durable";
    return true;
  }
  *replace(id, frames, from) {
    // write id.new, sync, rename over id, sync the directory; from: ids whose Puts move
    const { fs, r, wr: W } = this;
    const tmp = tmpName(id);
    if (fs.cached.has(tmp)) return "abort";
    if (yield* this.fail("creating .new")) return "abort";
    const n = fs.create(tmp);
    yield `created ${tmp}`;
    if (yield* this.fail("writing .new")) {
      if (r.abortCleans) fs.unlink(tmp);
      return "abort";
    }
    n.frames = frames.map((f) => f.f);
    if (frames.length > SEGMAX) bad("space", `${tmp} is larger than a segment`);
    yield `wrote ${tmp}`;
    if (r.syncNew) fs.sync(n);
    yield `synced ${tmp}`;
    if (r.syncActive) {
      this.syncActive();
      yield "active synced";
    }
    if (yield* this.fail("rename")) {
      if (r.poison) W.poisoned = true;
      if (this.c.chance(0.5)) {
        if (r.abortCleans) fs.unlink(tmp);
        return "abort";
      }
      return "abort";
    }
    fs.rename(tmp, id);
    if (from.length > 1) W.busy = true;
    this.say(`renamed ${tmp}: ${this.dump()}`);
    this.stats.renames++;
    if (!r.sameTurn) yield "renamed, keydir not yet switched";
    frames.forEach(({ f, seg, i }, at) => {
      if (f.t !== "P") return;
      const e = W.key[f.k];
      if (r.pointCheck ? e && e.seg === seg && e.i === i : true) W.key[f.k] = { seg: id, i: at, v: f.v };
    });
    this.forget(id);
    yield `renamed ${tmp}`;
    if (yield* this.fail("directory sync")) {
      if (r.poison) {
        W.poisoned = true;
        return "abort";
      }
    } else if (r.dirSync && (from.length === 1 || r.mergeSync)) fs.syncDir();
    yield "directory synced";
    return "ok";
  }
  *compactA() {
    const { fs, r, wr: W } = this;
    if (r.rotateFirst && this.hasWaste(W.ids.at(-1))) {
      this.rotate();
      yield "rotated";
    }
    const sealed = r.onlySealed ? W.ids.slice(0, -1) : W.ids.slice();
    if (!r.ascending) sealed.reverse();
    const begin = new Map(sealed.map((id) => [id, this.deadPuts(id)]));
    const upTo = Math.max(0, ...sealed.map((id) => fs.cached.get(id).frames.at(-1)?.x ?? 0));
    let marked = false;
    const _newestAtBegin = W.next - 1;
    const clean = new Set(sealed.filter((id) => !begin.get(id)));
    for (const id of sealed) {
      const n = fs.cached.get(id);
      const keep = [];
      const earlierClean =
        r.tomb === "run"
          ? sealed.every((q) => q >= id || !begin.get(q))
          : r.tomb === "sameRun"
            ? sealed.every((q) => q >= id || clean.has(q))
            : r.tomb === "own" || r.tomb === "always" || r.tomb === "live";
      for (let i = 0; i < n.frames.length; i++) {
        const f = n.frames[i];
        const newest = r.keepNewest && f.x === W.next - 1;
        const droppable = r.tomb === "never" ? false : r.tomb === "live" ? !W.key[f.k] : earlierClean;
        if (
          f.t === "P"
            ? pointsTo(W, f, id, i) || newest
            : f.t === "D"
              ? !droppable || newest
              : r.keepRaw || newest
        )
          keep.push({ f, seg: id, i });
        if (i % 2 === 1) yield `deciding ${id}`;
      }
      clean.add(id);
      if (keep.length === n.frames.length) continue;
      if (!marked) {
        marked = true;
        yield* this.publishMarker((m) => ({ ...m, upTo: Math.max(m.upTo, upTo), gen: m.gen + 1 }));
      }
      if (fs.cached.get(id) !== n) return;
      if ((yield* this.replace(id, keep, [id])) !== "ok") return;
    }
    if (this.design === "AL") {
      // empty sealed segments: removed (the head needs no marker)
      for (const id of W.ids.slice(0, -1))
        if (fs.cached.get(id).frames.length === 0) {
          if (id !== W.ids[0] || this.r.alHeadMarker)
            yield* this.publishMarker((m) => ({ ...m, removed: union(m.removed, [id]) }));
          fs.unlink(id);
          this.forget(id);
          W.ids.splice(W.ids.indexOf(id), 1);
          yield `unlinked empty ${id}`;
        }
      fs.syncDir();
      yield "directory synced";
      return;
    }
    if (!r.merge) return;
    for (let a = 0; a < W.ids.length - 1; a++) {
      let b = a,
        total = fs.cached.get(W.ids[a]).frames.length;
      const ok = (j) => !r.mergeNoDead || !this.deadPuts(W.ids[j]);
      if (!ok(a)) continue;
      while (
        b + 1 < W.ids.length - 1 &&
        ok(b + 1) &&
        total + fs.cached.get(W.ids[b + 1]).frames.length <= SEGMAX
      ) {
        b++;
        total += fs.cached.get(W.ids[b]).frames.length;
      }
      if (b === a) continue;
      const group = W.ids.slice(a, b + 1);
      const into = r.mergeInto === "last" ? group.at(-1) : group[0];
      const gone = group.filter((g) => g !== into);
      yield* this.publishMarker((m) => ({
        ...m,
        upTo: Math.max(m.upTo, fs.cached.get(group.at(-1)).frames.at(-1)?.x ?? 0),
        removed: r.markerIds ? union(m.removed, gone) : m.removed,
      }));
      const frames = group.flatMap((seg) => fs.cached.get(seg).frames.map((f, i) => ({ f, seg, i })));
      this.say(`merging ${group}`);
      if ((yield* this.replace(into, frames, group)) !== "ok") return;
      for (const g of r.mergeDescending ? [...gone].reverse() : gone) {
        fs.unlink(g);
        this.forget(g);
        W.ids.splice(W.ids.indexOf(g), 1);
        yield `unlinked ${g}`;
      }
      if (r.mergeEndSync) {
        fs.syncDir();
        yield "removals durable";
      }
      W.busy = false;
    }
  }
  // ---- design C: the ring
  *compactC() {
    const { fs, r, wr: W } = this;
    if (r.rotateFirst && this.hasWaste(W.ids.at(-1))) {
      this.rotate();
      yield "rotated";
    }
    let sealed = W.ids.slice(0, -1);
    let last = sealed.findLast((id) => this.hasWaste(id));
    const isB = this.design === "B";
    if (isB) {
      const waste = (id) => this.hasWaste(id) || fs.cached.get(id).frames.length === 0;
      last = sealed.findLast(waste);
      sealed = sealed.filter(waste);
      if (!r.ascending) sealed.reverse();
      else if (!r.oneOrder && this.c.chance(0.5)) sealed = sealed.slice(this.c.pick(sealed.length));
    }
    if (!r.ringOldest) {
      sealed = sealed.filter((id) => this.hasWaste(id));
      if (this.c.chance(0.5)) sealed.reverse();
    }
    let left = false; // whether a segment with waste stays
    for (const id of sealed) {
      if (last === undefined || id > last) return;
      const n = fs.cached.get(id);
      if (n.frames.some((f) => f.t === "R")) return;
      if (isB && r.skip && !this.o.quiet && n.frames.length > 0 && this.c.chance(0.4)) {
        left = true;
        this.say(`  ${id} is left`);
        continue;
      }
      for (let i = 0; i < n.frames.length; i++) {
        const f = n.frames[i];
        const live = pointsTo(W, f, id, i);
        if (yield* this.fail("appending a copy")) {
          W.poisoned = true;
          return;
        }
        if (!r.ringCheck) yield "live? looked"; // mutant: another turn between look and append
        if (f.t === "P" && live) this.append("P", f.k, f.v);
        else if (r.keepNewest && f.x === W.next - 1) this.append(f.t, f.k, f.v);
        else if (left && r.skipTomb && f.t === "D" && !W.key[f.k]) this.append("D", f.k, f.v);
        if (i % 2 === 1 && r.ringCheck) yield "copied";
      }
      yield "all copied";
      if (r.ringSync) {
        this.syncActive();
        yield "copies synced";
      }
      if (isB && (id !== W.ids[0] || !r.headFree))
        yield* this.publishMarker((m) => ({
          ...m,
          removed: union(m.removed, [id]).filter((q) => q === id || !W.ids.includes(q)),
        }));
      if (yield* this.fail("unlink")) {
        W.poisoned = true;
        return;
      }
      if (r.ringNoAbort) W.busy = true;
      fs.unlink(id);
      this.forget(id);
      W.ids.splice(W.ids.indexOf(id), 1);
      this.say(`removed ${id}: ${this.dump()}`);
      this.stats.renames++;
      yield `unlinked ${id}`;
      if (yield* this.fail("directory sync")) {
        W.poisoned = true;
        return;
      }
      if (r.ringDirSync) fs.syncDir();
      yield "removal durable";
      W.busy = false;
    }
  }
  compact() {
    return this.isRing ? this.compactC() : this.compactA();
  }
}
function union(a, b) {
  return [...new Set([...a, ...b])];
}
function pointsTo(W, f, id, i) {
  if (f.t !== "P") return false;
  const e = W.key[f.k];
  return !!e && e.seg === id && e.i === i;
}
function markerOf(fs) {
  return fs.cached.get("M")?.frames[0] ?? { upTo: 0, removed: [], gen: 0 };
}
/** Segments all of whose records stand in a later one too: what a merge that was interrupted leaves. */
function supersededOf(fs, ids) {
  const out = [];
  ids.forEach((id, at) => {
    const f = fs.cached.get(id)?.frames;
    if (!f || f.length === 0) return;
    for (const later of ids.slice(at + 1)) {
      const g = fs.cached.get(later).frames;
      const p = g.findIndex((h) => h.x === f[0].x);
      // with it the empty segments between the two
      if (p >= 0 && f.every((h, i) => g[p + i]?.x === h.x)) {
        out.push(id);
        for (const q of ids) if (q > id && q < later && fs.cached.get(q).frames.length === 0) out.push(q);
        return;
      }
    }
  });
  return union(out, []).sort((x, y) => x - y);
}
/** What open would warn of: ids missing between two segments, txids missing between two records; unless the marker explains them. */
export function warnings(fs, ids, design) {
  const m = markerOf(fs);
  const out = [];
  let prev;
  let last;
  let hole = false;
  for (const id of ids) {
    const isHole = prev !== undefined && id !== prev + 1;
    let isFirst = true;
    for (let q = (prev ?? id - 1) + 1; q < id; q++)
      if (!m.removed.includes(q)) out.push(`segment ${q} is missing`);
    prev = id;
    for (const f of fs.cached.get(id).frames) {
      if (
        last !== undefined &&
        f.x !== last + 1 &&
        (design === "B" ? !(hole || isHole) || !isFirst : f.x - 1 > m.upTo)
      )
        out.push(`txid gap ${last} -> ${f.x}`);
      last = f.x;
      isFirst = false;
    }
    hole = isFirst && (hole || isHole);
  }
  return out;
}

// ---------------------------------------------------------------- readers (other processes)
export class Reader {
  constructor(w) {
    this.w = w;
    this.key = new Array(K).fill(null);
    this.known = new Map();
    this.max = 0;
    this.fds = new Map();
    this.seen = 0;
    this.shown = null;
    this.ready = false;
    this.at = 0;
  }
  same(a, b) {
    return this.w.r.identity === "ino" ? a.ino === b.ino : a.key === b.key;
  }
  ident(n) {
    return { ino: n.ino, key: n.key };
  }
  replay(f, seg, i, id) {
    if (f.t === "P") this.key[f.k] = { seg, i, v: f.v, id };
    else if (f.t === "D") this.key[f.k] = null;
    if (f.x > this.max) this.max = f.x;
  }
  *refresh() {
    const { w } = this;
    const { fs, r } = w;
    const start = w.tl.length - 1;
    w.stats.refreshes++;
    // work on copies: what is shown changes when all is read
    const keep = { key: this.key.slice(), known: new Map(this.known), max: this.max };
    this.shown = this.shown ?? null;
    for (let pass = 0; ; pass++) {
      if (pass > 60) {
        Object.assign(this, keep);
        return "starved";
      }
      w.stats.passes++;
      const list = fs.segments();
      yield;
      if (w.isRing && r.fullReader) {
        // today's reader: everything anew when a known segment is gone, or one vanishes while it reads
        if (pass > 0 || [...this.known.keys()].some((id) => !list.includes(id))) {
          this.key = new Array(K).fill(null);
          this.known = new Map();
        }
      }
      if (w.isRing) {
        let enoent = false;
        const vanished = [...this.known.keys()].filter((id) => !list.includes(id));
        const lastKnown = Math.max(0, ...this.known.keys());
        for (const id of list) {
          if (this.known.has(id) && id !== lastKnown) continue;
          const n = fs.cached.get(id);
          if (!n) {
            enoent = true;
            continue;
          }
          n.fds++;
          yield;
          let k = this.known.get(id);
          if (!k) {
            k = { id: this.ident(n), read: 0 };
            this.known.set(id, k);
          }
          for (; k.read < n.frames.length; k.read++) this.replay(n.frames[k.read], id, k.read, k.id);
          n.fds--;
          fs.release(n);
          yield;
        }
        for (const id of vanished) {
          this.known.delete(id);
          if (r.unmet) for (let k = 0; k < K; k++) if (this.key[k]?.seg === id) this.key[k] = null;
        }
        if (enoent && r.enoentLoop) continue;
        break;
      }
      let prev = 0;
      let dirty = false;
      const skip = r.superseded
        ? new Set(
            supersededOf(
              fs,
              list.filter((id) => fs.cached.has(id)),
            ),
          )
        : new Set();
      void skip;
      for (const id of list) {
        const n = fs.cached.get(id);
        if (!n) {
          dirty = true;
          continue;
        } // gone meanwhile: the next listing tells
        n.fds++;
        const k = this.known.get(id);
        const nid = this.ident(n);
        yield;
        const lost = r.vanishedGroup
          ? [...this.known.keys()].filter((q) => q > prev && q < id && !list.includes(q))
          : [];
        if (!k && lost.length === 0) {
          const q = { id: nid, read: 0 };
          this.known.set(id, q);
          for (; q.read < n.frames.length; q.read++) this.replay(n.frames[q.read], id, q.read, nid);
        } else if (k && this.same(k.id, nid) && lost.length === 0) {
          if (pass === 0 || r.readOn)
            for (; k.read < n.frames.length; k.read++) this.replay(n.frames[k.read], id, k.read, nid);
        } else {
          const group = [id, ...lost];
          const met = new Set();
          const before = this.max;
          n.frames.forEach((f, i) => {
            if (f.x > before && r.readerTail) {
              this.replay(f, id, i, nid);
              if (f.t === "P") met.add(f.k);
            } else if (f.t === "P" && this.key[f.k] && group.includes(this.key[f.k].seg)) {
              this.key[f.k] = { seg: id, i, v: f.v, id: nid };
              met.add(f.k);
            }
          });
          for (let q = 0; q < K; q++)
            if (this.key[q] && group.includes(this.key[q].seg) && !met.has(q) && r.unmet) this.key[q] = null;
          for (const q of lost) this.known.delete(q);
          this.known.set(id, { id: nid, read: n.frames.length });
        }
        n.fds--;
        fs.release(n);
        prev = id;
        yield;
      }
      if (!r.relist) break;
      const again = fs.segments();
      const changed =
        dirty ||
        (r.sameListing && again.join() !== list.join()) ||
        [...this.known].some(([id, k]) => {
          const n = fs.cached.get(id);
          return !again.includes(id) || !n || !this.same(k.id, this.ident(n));
        });
      if (!changed) break;
      if (!r.readOn) {
        /* mutant: later passes only look at changed ones */
      }
      yield;
    }
    const state = this.key.map((e) => (e ? e.v : 0)).join();
    let hit = -1;
    for (let t = Math.max(start, this.at); t < w.tl.length; t++)
      if (w.tl[t] === state) {
        hit = t;
        break;
      }
    if (hit < 0)
      bad(
        w.tl.slice(0, start).includes(state) ? "reader backward" : "reader",
        `sees ${state}; the writer had ${w.tl.slice(Math.max(start, this.at)).join(" | ")}; ${w.dump()}`,
      );
    this.at = hit;
    this.ready = true;
    w.say(`reader sees ${state}`);
    return "ok";
  }
  *get(k) {
    const { w } = this;
    w.stats.gets++;
    for (let attempt = 0; attempt < 8; attempt++) {
      const e = this.key[k];
      if (!e) return;
      let fd = this.fds.get(e.seg);
      if (fd && w.r.getCheck && !this.same(e.id, this.ident(fd))) {
        this.close(e.seg);
        fd = undefined;
      }
      if (!fd) {
        const n = w.fs.cached.get(e.seg);
        if (!n || (w.r.getCheck && !this.same(e.id, this.ident(n)))) {
          yield* this.refresh();
          continue;
        }
        if (this.fds.size >= 1) this.close(this.fds.keys().next().value);
        fd = n;
        n.fds++;
        this.fds.set(e.seg, n);
        yield;
      }
      const f = fd.frames[e.i];
      // a frame that is no Put of this key is noticed (the product checks key and CRC): refresh, try again
      if (f?.t !== "P" || f.k !== k) {
        if (!w.r.getCheck) {
          bad("reader get", `no Put of ${"abc"[k]} at ${e.seg}/${e.i}`);
        }
        this.close(e.seg);
        yield* this.refresh();
        continue;
      }
      if (f.v !== e.v) bad("reader get", `value ${f.v} of ${"abc"[k]}, the reader's state says ${e.v}`);
      return;
    }
    bad("reader get", `key ${"abc"[k]} never found where the reader's state says it is`);
  }
  close(seg) {
    const n = this.fds.get(seg);
    this.fds.delete(seg);
    n.fds--;
    this.w.fs.release(n);
  }
}
/** Delivers records in order; builds a key/value state from them. */
class Follower {
  constructor(w) {
    this.w = w;
    this.reset();
  }
  reset() {
    this.last = 0;
    this.seg = 0;
    this.key = new Array(K).fill(0);
    this.snap = undefined;
    this.fresh = true;
  }
  *poll() {
    const { w } = this;
    const { fs, r } = w;
    // the segments as they are when it attaches, with their identities: what is still the same file is complete
    if (!this.snap) this.snap = new Map(fs.segments().map((id) => [id, fs.cached.get(id).key]));
    const list = fs.segments().filter((id) => id >= this.seg);
    yield;
    if (w.isRing && r.followNotice) {
      const top = Math.max(...this.snap.keys());
      for (let id = this.seg + 1; id < list.at(-1); id++)
        if ((id > top || this.snap.has(id)) && !list.includes(id)) {
          w.stats.notices++;
          return this.reset();
        }
    }
    if (
      r.followNotice &&
      w.design !== "C" &&
      markerOf(fs).upTo > this.last &&
      [...this.snap.keys()].some((id) => id > this.seg && !list.includes(id))
    ) {
      w.stats.notices++;
      return this.reset();
    }
    let unsure = w.isRing && this.seg > 0 && !fs.cached.has(this.seg); // it may have grown before it went: txids tell
    for (const id of list) {
      const n = fs.cached.get(id);
      if (!n) return;
      n.fds++;
      yield;
      const got = n.frames.filter((f) => f.x > this.last);
      n.fds--;
      fs.release(n);
      yield;
      if (unsure && got.length) {
        unsure = false;
        if (got[0].x !== this.last + 1 && r.followNotice) {
          w.stats.notices++;
          return this.reset();
        }
      }
      if (!w.isRing && r.followNotice && this.snap.get(id) !== n.key && markerOf(fs).upTo > this.last) {
        w.stats.notices++;
        return this.reset();
      }
      for (const f of got) {
        this.fresh = false;
        if (f.x <= this.last) bad("follower", "repeats");
        this.last = f.x;
        if (f.t === "P") this.key[f.k] = f.v;
        else if (f.t === "D") this.key[f.k] = 0;
      }
      this.seg = id;
    }
  }
}

// ---------------------------------------------------------------- one run
function take(gen) {
  for (let s = gen.next(); !s.done; s = gen.next());
}
export function run(c, rules, design, opts = {}) {
  const w = new World(c, rules, design, opts);
  const steps = opts.steps ?? 90;
  SEGMAX = opts.segmax ?? 4;
  const pKill = opts.pKill ?? 0.012,
    pPower = opts.pPower ?? 0.02;
  let comp = null,
    opening = null,
    readers = [],
    fol = null,
    folGen = null;
  const raw = opts.raw ?? c.chance(0.3);
  const crash = (power) => {
    comp = null;
    opening = null;
    const old = w.wr;
    w.wr = null;
    if (power) {
      w.stats.crashes++;
      w.say("*** POWER CUT");
      w.fs.power(c);
      w.tl.push(w.diskState());
      readers = [];
      fol = folGen = null;
      w.say(`on disk: ${w.dump()}`);
    } else {
      w.stats.kills++;
      w.say("*** KILL");
      if (old)
        for (const n of old.fds.values()) {
          n.fds--;
          w.fs.release(n);
        }
    }
    opening = w.openGen();
  };
  for (let s = 0; s < steps; s++) {
    w.stats.steps++;
    const roll = c.pick(100);
    if (c.chance(pPower)) {
      crash(true);
      continue;
    }
    if (c.chance(pKill)) {
      crash(false);
      continue;
    }
    if (opening) {
      if (roll < 60) {
        const d = opening.next();
        if (d.done) opening = null;
        continue;
      }
    } else if (w.wr.poisoned) {
      if (roll < 30) {
        w.say("poisoned handle closed");
        comp = null;
        for (const n of w.wr.fds.values()) {
          n.fds--;
          w.fs.release(n);
        }
        w.wr = null;
        opening = w.openGen();
        continue;
      }
    } else if (roll < (comp ? (opts.u1 ?? 30) : (opts.u0 ?? 30))) {
      // user
      const u = c.pick(14),
        k = c.pick(K);
      if (u < 5) {
        w.append("P", k);
        w.say(`put ${"abc"[k]} (${w.wr.next - 1})`);
      } else if (u < 8) {
        w.append("D", k);
        w.say(`delete ${"abc"[k]} (${w.wr.next - 1})`);
      } else if (u === 8 && raw) {
        w.append("R", 0);
        w.say("raw");
      } else if (u === 9) {
        for (let q = 0; q < 3; q++) w.append(c.chance(0.6) ? "P" : "D", c.pick(K));
        w.say("batch of 3");
      } else if (u === 10) {
        w.syncActive();
        w.say("fsync");
      } else if (u === 11) {
        w.rotate();
        w.say("rotate");
      } else w.writerGet(k);
      continue;
    } else if (roll < (opts.cEnd ?? 65)) {
      // compaction
      if (!comp) {
        comp = w.compact();
        w.say(`compact: ${w.dump()}`);
      }
      const d = comp.next();
      if (d.done) {
        comp = null;
        w.say(`compact ended: ${w.dump()}`);
      } else {
        w.say(`  ${d.value}`);
        if (c.chance(0.01) && !(w.wr?.busy && rules.mergeNoAbort)) {
          comp = null;
          if (w.wr) w.wr.busy = false;
          const id = [...w.fs.cached.keys()].find(
            (q) => typeof q === "string" && q !== "M" && q.endsWith(".new"),
          );
          if (id && rules.abortCleans) w.fs.unlink(id);
          w.say("compact aborted");
        }
      }
      if (w.wr && !w.wr.poisoned) for (let k = 0; k < K; k++) w.writerGet(k);
      continue;
    }
    if (roll < 92) {
      const i = c.pick(2);
      let rd = readers[i];
      if (!rd) {
        rd = readers[i] = { r: new Reader(w), g: null };
      }
      if (!rd.g) {
        if (!rd.r.ready) {
          rd.g = rd.r.refresh();
        } else {
          const q = c.pick(4);
          if (q < 2) rd.g = rd.r.refresh();
          else rd.g = rd.r.get(c.pick(K));
        }
      }
      // several steps at once now and then
      for (let q = 1 + c.pick(4); q > 0 && rd.g; q--) if (rd.g.next().done) rd.g = null;
    } else {
      if (!fol) fol = new Follower(w);
      if (!folGen) folGen = fol.poll();
      if (folGen.next().done) folGen = null;
    }
    if (s % 8 === 0) checkSpace(w, rules);
  }
  // quiet end: finish opening, let everybody finish, two quiet compactions
  w.o = { ...opts, failures: false, quiet: true };
  if (opening) take(opening);
  if (w.wr.poisoned) {
    w.wr = null;
    w.openSync();
    comp = null;
  }
  if (comp) take(comp);
  for (const rd of readers) if (rd?.g) take(rd.g);
  const final = () => w.wr.key.map((e) => (e ? e.v : 0)).join();
  for (const rd of readers)
    if (rd) {
      take(rd.r.refresh());
      const st = rd.r.key.map((e) => (e ? e.v : 0)).join();
      if (st !== final()) bad("reader", `at rest sees ${st}, the writer has ${final()}`);
      for (let k = 0; k < K; k++) take(rd.r.get(k));
    }
  if (fol) {
    if (folGen) take(folGen);
    for (let q = 0; q < 4; q++) take(fol.poll());
    if (fol.key.join() !== final())
      bad("follower", `follower's state ${fol.key}, the writer's ${final()}; ${w.dump()}`);
  }
  take(w.compact());
  take(w.compact());
  const newest = w.wr.next - 1;
  const hasRaw = w.hist.some((h) => h?.t === "R");
  if (!(w.isRing && hasRaw))
    for (const id of w.wr.ids)
      w.fs.cached.get(id).frames.forEach((f, i) => {
        if (f.x === newest) return;
        if (f.t === "D") bad("space", `tombstone ${f.x} left after two quiet runs: ${w.dump()}`);
        if (f.t === "P" && !pointsTo(w.wr, f, id, i)) bad("space", `dead Put ${f.x} left: ${w.dump()}`);
      });
  if (
    design !== "C" &&
    !(w.isRing && hasRaw) &&
    w.wr.ids.slice(0, -1).filter((id) => w.fs.cached.get(id).frames.length === 0).length > 1
  )
    bad("space", `empty segments left: ${w.dump()}`);
  const before = w.fs.renames + w.stats.renames;
  take(w.compact());
  if (w.fs.renames + w.stats.renames !== before)
    bad("work", `a third quiet run still does something: ${w.dump()}`);
  for (let k = 0; k < K; k++) w.writerGet(k);
  w.wr = null;
  w.openSync();
  // a segment taken away by hand must be noticed
  const ids = w.fs.segments();
  if (ids.length >= 3 && rules.marker) {
    const at = 1 + c.pick(ids.length - 2);
    const id = ids[at];
    const n = w.fs.cached.get(id);
    w.fs.cached.delete(id);
    if (warnings(w.fs, w.fs.segments(), design).length === 0)
      bad(
        "unnoticed",
        `segment ${id} taken away by hand: ${w.dump()} marker ${JSON.stringify(markerOf(w.fs))}`,
      );
    w.fs.cached.set(id, n);
  }
  return w;
}
function checkSpace(w, _rules) {
  const seen = new Set();
  let total = 0;
  for (const [name, n] of w.fs.cached) {
    if (String(name).startsWith("M")) continue;
    total += n.frames.length;
    for (const f of n.frames) seen.add(f.x);
  }
  if (total > seen.size + SEGMAX)
    bad(
      "space",
      `${total} frames on disk for ${seen.size} records: more than one segment of temporary space; ${w.dump()}`,
    );
}

// ---------------------------------------------------------------- commands
export function explore(design, runs, seed, rules, opts = {}) {
  const one = (c, sd) => run(c, rules, design, { ...stepsOf(sd), ...opts }).stats;
  return randomRuns(one, runs, seed, opts.stopAtFirst);
}
/** Profiles: how often crashes come, how busy user and readers are, how large segments are. */
export function stepsOf(sd) {
  return {
    steps: 40 + (sd % 4) * 40,
    pPower: [0.02, 0.005, 0.05, 0][sd % 4],
    pKill: sd % 5 === 0 ? 0 : 0.012,
    u0: [30, 70][sd % 2],
    u1: [30, 4, 12][sd % 3],
    cEnd: [65, 80, 45, 60][(sd >> 3) % 4],
    segmax: [4, 2, 3, 6, 4][(sd >> 2) % 5],
    marksFresh: sd % 7 < 3,
  };
}

export const MUTANTS = {
  A: [
    ["syncActive", false],
    ["syncNew", false],
    ["dirSync", false],
    ["ascending", false],
    ["ascending", false, { tomb: "always" }],
    ["tomb", "run"],
    ["tomb", "always"],
    ["tomb", "live"],
    ["tomb", "never"],
    ["keepNewest", false],
    ["sameTurn", false],
    ["pointCheck", false],
    ["forget", false],
    ["keepRaw", false],
    ["onlySealed", false],
    ["rotateFirst", false],
    ["marker", false],
    ["markerIds", false],
    ["markerSync", false],
    ["prune", false],
    ["poison", false],
    ["abortCleans", false],
    ["openCleans", false],
    ["openDirSync", false],
    ["openSync", false],
    ["merge", false],
    ["mergeNoDead", true],
    ["mergeSync", false],
    ["mergeEndSync", false],
    ["mergeDescending", false],
    ["mergeNoAbort", false],
    ["mergeInto", "first"],
    ["superseded", false],
    ["identity", "ino"],
    ["relist", false],
    ["sameListing", false],
    ["readerTail", false],
    ["readOn", false],
    ["unmet", false],
    ["vanishedGroup", false],
    ["getCheck", false],
    ["followNotice", false],
  ],
  AL: [
    ["syncActive", false],
    ["syncNew", false],
    ["dirSync", false],
    ["ascending", false],
    ["ascending", false, { tomb: "always" }],
    ["tomb", "run"],
    ["tomb", "always"],
    ["tomb", "live"],
    ["tomb", "never"],
    ["keepNewest", false],
    ["sameTurn", false],
    ["pointCheck", false],
    ["forget", false],
    ["keepRaw", false],
    ["onlySealed", false],
    ["rotateFirst", false],
    ["marker", false],
    ["alHeadMarker", false],
    ["poison", false],
    ["abortCleans", false],
    ["openCleans", false],
    ["openDirSync", false],
    ["openSync", false],
    ["superseded", false],
    ["identity", "ino"],
    ["relist", false],
    ["sameListing", false],
    ["readerTail", false],
    ["readOn", false],
    ["unmet", false],
    ["vanishedGroup", false],
    ["getCheck", false],
    ["followNotice", false],
  ],
  B: [
    ["skipTomb", false, { skip: true }],
    ["ringSync", false],
    ["ringDirSync", false],
    ["ringNoAbort", false],
    ["ringCheck", false],
    ["ascending", false],
    ["oneOrder", false],
    ["marker", false],
    ["markerSync", false],
    ["prune", false],
    ["ringDirSync", false, { markerSync: false }],
    ["headFree", true],
    ["fullReader", true],
    ["keepNewest", false],
    ["forget", false],
    ["rotateFirst", false],
    ["openDirSync", false],
    ["openSync", false],
    ["unmet", false],
    ["enoentLoop", false],
    ["getCheck", false],
    ["identity", "ino"],
    ["followNotice", false],
  ],
  C: [
    ["ringSync", false],
    ["ringDirSync", false],
    ["ringNoAbort", false],
    ["ringOldest", false],
    ["ringCheck", false],
    ["keepNewest", false],
    ["forget", false],
    ["rotateFirst", false],
    ["openDirSync", false],
    ["openSync", false],
    ["unmet", false],
    ["enoentLoop", false],
    ["getCheck", false],
    ["identity", "ino"],
    ["superseded", false],
    ["followNotice", false],
  ],
};

// ---------------------------------------------------------------- small scopes, exhaustively (depth first over all choices)
const USER = [
  ["P", 0],
  ["D", 0],
  ["P", 1],
  ["D", 1],
];
/** scope crash: every log of `len` operations on two keys; a kill or a power cut (every subset) at every step, up to `crashes` times, `user` operations anywhere. */
function smallCrash(c, rules, design, o) {
  SEGMAX = o.segmax;
  const w = new World(c, rules, design, { failures: false, reuse: false });
  for (let i = 0; i < o.len; i++) {
    const [t, k] = i === 0 ? USER[c.pick(2) * 0 + 0] : USER[c.pick(4)];
    w.append(t, k);
  }
  let crashes = o.crashes,
    user = o.user;
  for (let round = 0; round < 3; round++) {
    let gen = w.compact(),
      isOpen = false;
    for (;;) {
      if (
        o.abort &&
        crashes > 0 &&
        !isOpen &&
        !(w.wr.busy && ((rules.mergeNoAbort && design === "A") || (rules.ringNoAbort && w.isRing))) &&
        c.pick(2)
      ) {
        crashes--;
        if (rules.abortCleans)
          for (const q of [...w.fs.cached.keys()])
            if (typeof q === "string" && /^\d+\.new$/.test(q)) w.fs.unlink(q);
        w.wr.busy = false;
        break;
      }
      const kinds = crashes > 0 ? (user > 0 && !isOpen ? 7 : 3) : 1;
      const q = c.pick(kinds);
      if (q >= 3) {
        user--;
        w.append(...USER[q - 3]);
        continue;
      }
      if (q > 0) {
        crashes--;
        w.wr = null;
        if (q === 2) {
          w.fs.power(c);
        }
        gen = w.openGen();
        isOpen = true;
        continue;
      }
      if (gen.next().done) break;
    }
    if (isOpen && !w.wr) throw new Error("not open");
    for (let k = 0; k < 2; k++) w.writerGet(k);
  }
  w.wr = null;
  w.openSync();
  return w;
}
/** scope reader: two compactions and `user` operations, a reader's steps between any two visible changes; then a second refresh, and gets. */
function smallReader(c, rules, design, o) {
  SEGMAX = o.segmax;
  const w = new World(c, rules, design, { failures: false, reuse: true, marksFresh: true });
  for (let i = 0; i < o.len; i++) {
    const [t, k] = i === 0 ? USER[0] : USER[c.pick(4)];
    w.append(t, k);
  }
  const rd = new Reader(w);
  if (o.first) take(rd.refresh());
  let g = rd.refresh();
  let user = o.user;
  let done = 0;
  let comp = w.compact();
  const visible = () =>
    w.fs
      .segments()
      .map((id) => {
        const n = w.fs.cached.get(id);
        return `${id}:${String(n.ino)}:${n.frames.length}`;
      })
      .join();
  let _readerSteps = 0;
  while (done < o.runs) {
    const before = visible();
    while (visible() === before) {
      if (comp.next().done) {
        if (++done >= o.runs) break;
        comp = w.compact();
      }
    }
    for (;;) {
      const q = c.pick((g ? 2 : 1) + (user > 0 ? 4 : 0));
      if (q === 0) break;
      if (g && q === 1) {
        _readerSteps++;
        if (g.next().done) g = null;
        continue;
      }
      user--;
      w.append(...USER[q - (g ? 2 : 1)]);
    }
  }
  if (g) take(g);
  take(rd.refresh());
  for (let k = 0; k < 2; k++) take(rd.get(k));
  const st = rd.key.map((e) => (e ? e.v : 0)).join();
  const fin = w.wr.key.map((e) => (e ? e.v : 0)).join();
  if (st !== fin) bad("reader", `at rest sees ${st}, the writer has ${fin}`);
  return w;
}
export const SCOPES = {
  crash2: [smallCrash, { len: 4, segmax: 2, crashes: 2, user: 0 }],
  crash1: [smallCrash, { len: 6, segmax: 2, crashes: 1, user: 0 }],
  crashUser: [smallCrash, { len: 3, segmax: 1, crashes: 1, user: 1 }],
  abort2: [smallCrash, { len: 4, segmax: 2, crashes: 2, user: 0, abort: true }],
  abort1: [smallCrash, { len: 5, segmax: 1, crashes: 2, user: 0, abort: true }],
  reader: [smallReader, { len: 4, segmax: 2, runs: 2, user: 0 }],
  readerUser: [smallReader, { len: 3, segmax: 1, runs: 2, user: 1 }],
  readerAgain: [smallReader, { len: 3, segmax: 2, runs: 2, user: 2, first: true }],
  reader1: [smallReader, { len: 4, segmax: 1, runs: 2, user: 0, first: true }],
};
export function small(design, scope, rules, cap, stopAtFirst) {
  const [fn, o] = SCOPES[scope];
  return allRuns((c) => fn(c, rules, design, o), cap, stopAtFirst);
}
const isMain = process.argv[1] && import.meta.url.endsWith(process.argv[1].split("/").pop());
if (isMain) {
  const [cmd = "random", ...rest] = process.argv.slice(2);
  const rules = { ...RULES };
  const a = argumentsOf(rest, rules, { word: "A", runs: 100000, seed: 1 });
  a.design ??= a.word;
  if (cmd === "random") {
    const { n, ms, sum, found } = explore(a.design, a.runs, a.seed, rules, { stopAtFirst: !!a.first });
    console.log(a.design, n, "runs", ms, "ms", JSON.stringify(sum));
    for (const [k, f] of found) console.log(`  ${k} x${f.n} seed ${f.seed}: ${f.text}`);
  }
  if (cmd === "small")
    for (const scope of a.scope ? [a.scope] : Object.keys(SCOPES)) {
      const { n, exhausted, ms, found, steps } = small(a.design, scope, rules, a.cap ?? 1e6, !!a.first);
      console.log(
        `${a.design} ${scope}: ${n} runs${exhausted ? ", exhausted" : ""}, ${steps} choices, ${ms} ms`,
      );
      for (const [k, f] of found) console.log(`  ${k} x${f.n}: ${f.text.slice(0, 250)} [${f.choices}]`);
    }
  if (cmd === "mutants")
    for (const [k, v, more] of MUTANTS[a.design]) {
      if (a.only && a.only !== k) continue;
      const { n, found } = explore(
        a.design,
        a.runs,
        a.seed,
        { ...rules, [k]: v, ...more },
        { stopAtFirst: true },
      );
      const f = [...found][0];
      console.log(
        `${a.design} ${k}=${v}${more ? ` ${JSON.stringify(more)}` : ""}: ${f ? `FOUND after ${n} runs (seed ${f[1].seed}): ${f[1].text.slice(0, 170)}` : `not found in ${n} runs`}`,
      );
    }
  if (cmd === "story") {
    const c = new Rng(a.seed);
    const _w0 = { story: [] };
    let _world;
    const o = { ...stepsOf(a.seed), story: true };
    const log = [];
    const orig = World.prototype.say;
    World.prototype.say = function (t) {
      log.push(t);
      orig.call(this, t);
    };
    try {
      run(c, rules, a.design, o);
      console.log("no violation");
    } catch (e) {
      console.log(log.slice(-(a.tail ?? 45)).join("\n"));
      console.log(`=> ${e.message}`);
      if (!e.kind) throw e;
    }
  }
}
