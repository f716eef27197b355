import { copyFileSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { setImmediate } from "node:timers/promises";
import type { Ledger } from "../differences/ledger.js";
import { Random } from "../kit/random.js";
import type { Scratch } from "../kit/scratch.js";
import { ReferenceProcess } from "../reference/reference-process.js";
import { Ours } from "../sides/ours.js";
import { Reference, type ReferenceStore } from "../sides/reference.js";
import { attempt, type Outcome } from "../sides/refusal.js";
import { Holder, type HolderSettings } from "./lock/holder.js";
import type { Section, SectionResult, Stage } from "./section.js";

const ROUNDS_A_RUNG = 3;
const RACES = 300;

/** A means by which we take the lock, forced through where the program lies and what its PATH has. */
interface Rung extends HolderSettings {
  name: string;
  /** What `log.lock` must say. */
  means: string;
}

/** Each side keeps the other out, by each of our means, and a killed holder keeps out nobody. */
export const lock: Section = {
  name: "lock",
  unit: "checks",
  async run(stage: Stage): Promise<SectionResult> {
    const { program, bundles, scratch, ledger } = stage;
    const facts: string[] = [];
    const bundle = join(bundles, "holder.mjs");
    // From a directory that has no node_modules above it.
    const alone = join(scratch.directory(), "holder.mjs");
    copyFileSync(bundle, alone);
    let checks = 0;
    for (const rung of rungs(bundle, alone, facts)) {
      for (let round = 0; round < ROUNDS_A_RUNG; round++)
        checks += await new RungTrial(rung, program, scratch, ledger).run();
    }
    checks += await withoutMeans({ bundle: alone, path: "", thread: false }, program, scratch, ledger);
    const { races, ourWins } = await race(stage);
    facts.push(`races: the reference won ${races - ourWins}, we won ${ourWins}`);
    checks += races;
    return { cases: checks, facts };
  },
};

function rungs(bundle: string, alone: string, facts: string[]): Rung[] {
  const path = process.env.PATH ?? "";
  const all: Rung[] = [
    { name: "flock, fs-ext not to be found", means: "flock", bundle: alone, path, thread: false },
    { name: "flock, in a worker thread", means: "flock", bundle, path, thread: true },
  ];
  const fsExt: Rung = { name: "fs-ext", means: "fs-ext", bundle, path: "", thread: false };
  if (canResolve("fs-ext", bundle)) all.unshift(fsExt);
  else console.log("SKIPPED lock by fs-ext: it is not installed");
  facts.push(`means: ${all.map(({ name }) => name).join("; ")}`);
  facts.push("not run here: O_EXLOCK, which only macOS and the BSDs have");
  return all;
}

function canResolve(name: string, from: string): boolean {
  try {
    createRequire(from)(name);
    return true;
  } catch {
    return false;
  }
}

/** One rung, through everything that may happen to a lock. */
class RungTrial {
  readonly #rung: Rung;
  readonly #program: string;
  readonly #ledger: Ledger;
  readonly #dir: string;
  #checks = 0;

  constructor(rung: Rung, program: string, scratch: Scratch, ledger: Ledger) {
    this.#rung = rung;
    this.#program = program;
    this.#ledger = ledger;
    this.#dir = scratch.newPath();
  }

  async run(): Promise<number> {
    await this.#referenceHolds();
    await this.#weHold((holder) => holder.end(), "ended");
    await this.#weHold((holder) => holder.kill(), "was killed");
    return this.#checks;
  }

  async #referenceHolds(): Promise<void> {
    const process = new ReferenceProcess([this.#program]);
    const store = await new Reference(process).open(this.#dir, "log");
    await store.append(Buffer.from("by the reference"));
    const before = this.#lockText();
    const refused = await Holder.start(this.#rung, this.#dir);
    await refused.end();
    const { message } = refused;
    const pid = String(process.pid);
    this.#check(
      "is refused while the reference holds",
      "code" in message && message.code === "ERR_DATAWAL_LOCKED",
    );
    this.#check("is told the holder's pid", "owner" in message && message.owner === pid);
    this.#check(
      "names the pid in its text",
      "text" in message && message.text.includes(`process ${pid} holds it`),
    );
    this.#check(
      "says it in the reference's phrase",
      "text" in message && message.text.includes(LOCKED_PHRASE),
    );
    this.#check("leaves the lock's text to its holder", this.#lockText() === before);
    await process.kill();
    const holder = await Holder.start(this.#rung, this.#dir);
    this.#check("opens at once when the reference was killed", this.#holds(holder));
    await holder.end();
  }

  async #weHold(letGo: (holder: Holder) => Promise<void>, how: string): Promise<void> {
    await using process = new ReferenceProcess([this.#program]);
    const reference = new Reference(process);
    const holder = await Holder.start(this.#rung, this.#dir);
    this.#check("opens a free store by its own means", this.#holds(holder));
    const before = this.#lockText();
    this.#check("tells its pid in the lock", before.startsWith(`${holder.pid}\n`));
    const refused = await attempt(() => reference.open(this.#dir, "kv"));
    this.#check("keeps the reference out", isLocked(refused));
    this.#check("is not disturbed by it", this.#lockText() === before);
    if (!refused.ok && !refused.refusal.text.includes(String(holder.pid)))
      this.#ledger.note("refusal-names-the-holder");
    this.#check("lets the reference's reader in", (await reference.read(this.#dir)).ok);
    await letGo(holder);
    const opened = await attempt(() => reference.open(this.#dir, "log"));
    this.#check(`lets the reference in when it ${how}`, opened.ok);
    if (opened.ok) await opened.value.close();
  }

  #holds({ message }: Holder): boolean {
    return "held" in message && message.held === this.#rung.means;
  }

  #lockText(): string {
    return readFileSync(join(this.#dir, ".lock"), "latin1");
  }

  #check(fact: string, isTrue: boolean): void {
    this.#checks++;
    if (!isTrue) this.#ledger.fail(`lock by ${this.#rung.name}: not true that it ${fact}`);
  }
}

const LOCKED_PHRASE = "datawal: log directory is already locked: ";

function isLocked(outcome: Outcome<ReferenceStore>): boolean {
  return !outcome.ok && outcome.refusal.kind === "locked";
}

/** Where there is no means at all, we say so and do not write: whoever holds the store is left in peace. */
async function withoutMeans(
  settings: HolderSettings,
  program: string,
  scratch: Scratch,
  ledger: Ledger,
): Promise<number> {
  if (["darwin", "freebsd", "netbsd", "openbsd"].includes(process.platform)) return 0;
  const dir = scratch.newPath();
  await using reference = new ReferenceProcess([program]);
  const store = await new Reference(reference).open(dir, "log");
  for (const state of ["held", "free"]) {
    if (state === "free") await store.close();
    const { message, ...holder } = await startAndEnd(settings, dir);
    if ("code" in message && message.code === "ERR_DATAWAL_NO_LOCK_MEANS") continue;
    ledger.fail(`lock without means: a ${state} store: ${JSON.stringify({ message, ...holder })}`);
  }
  return 2;
}

async function startAndEnd(settings: HolderSettings, dir: string): Promise<Holder> {
  const holder = await Holder.start(settings, dir);
  await holder.end();
  return holder;
}

/** Both open the same store within a fraction of a millisecond: exactly one of them gets it. */
async function race({
  program,
  scratch,
  ledger,
  seed,
  scale,
}: Stage): Promise<{ races: number; ourWins: number }> {
  await using process = new ReferenceProcess([program]);
  const reference = new Reference(process);
  const ours = new Ours();
  const random = new Random(seed);
  const dir = scratch.newPath();
  const races = Math.ceil(RACES * scale);
  let ourWins = 0;
  for (let done = 0; done < races; done++) {
    const theirs = attempt(() => reference.open(dir, "log"));
    // At half of the races our call comes before the request has gone out.
    if (random.below(2) === 0) await spin(random.below(100));
    const mine = await attempt(() => ours.open(dir, "log"));
    const outcomes = [mine, await theirs];
    if (outcomes.filter(({ ok }) => ok).length !== 1)
      ledger.fail(`lock race ${done}: not exactly one got the store`);
    if (mine.ok) ourWins++;
    for (const outcome of outcomes) if (outcome.ok) await outcome.value.close();
  }
  return { races, ourWins };
}

/** Lets the request go out, then lets about so many microseconds pass. */
async function spin(microseconds: number): Promise<void> {
  await setImmediate();
  const end = performance.now() + microseconds / 1000;
  while (performance.now() < end);
}
