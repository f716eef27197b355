import { join } from "node:path";
import {
  fsyncDirSync,
  renameAtomicSync,
  writeAppendFsyncSync,
  writeAtomicSync,
  writeOnce,
  writeOnceSync,
  writeOnceWithParentsSync,
} from "@datawal/safeatomic";
import { plainText } from "../kit/records.js";
import type { Scratch } from "../kit/scratch.js";
import { readTree } from "../kit/tree.js";
import { Operation } from "../reference/operations.js";
import { ReferenceProcess } from "../reference/reference-process.js";
import { attempt, type Outcome } from "../sides/refusal.js";
import { type Call, SCENARIOS, type Scenario } from "./safeatomic/scenarios.js";
import type { Section, SectionResult, Stage } from "./section.js";

/** At most: the first race that two of the reference's callers both win is enough. */
const RACES = 5000;

/** The six functions against the crate: the same result, and the same files afterwards, or a listed difference. */
export const safeatomic: Section = {
  name: "safeatomic",
  unit: "scenarios",
  async run({ program, scratch, ledger }: Stage): Promise<SectionResult> {
    await using process = new ReferenceProcess([program]);
    for (const scenario of SCENARIOS) {
      const theirs = await play(
        scenario,
        scratch,
        (call) => byReference(process, call),
        (dir) => enter(process, dir),
      );
      const ours = await play(scenario, scratch, byUs, async (dir) => globalThis.process.chdir(dir));
      const about = `${scenario.call.name}, ${scenario.what}`;
      if (theirs === ours && scenario.differs)
        ledger.fail(`${about}: expected ${scenario.differs}, found no difference`);
      else if (theirs !== ours && scenario.differs) ledger.note(scenario.differs);
      else if (theirs !== ours) ledger.fail(`${about}: the reference ${theirs}, ours ${ours}`);
    }
    globalThis.process.chdir("/");
    const facts = await raceOnce(program, scratch, ledger);
    return { cases: SCENARIOS.length + 1, facts: [facts] };
  },
};

/** What comes of a scenario, and what the directory holds then. */
async function play(
  { prepare, call, isRelative }: Scenario,
  scratch: Scratch,
  perform: (call: Call) => unknown,
  enterDirectory: (dir: string) => Promise<void>,
): Promise<string> {
  const dir = scratch.directory();
  prepare(dir);
  await enterDirectory(isRelative ? dir : "/");
  const outcome = await attempt(() => perform(isRelative ? call : below(dir, call)));
  return `${outcomeText(outcome)}, then ${plainText(readTree(dir))}`;
}

function below(dir: string, call: Call): Call {
  const path = join(dir, call.path);
  return call.name === "renameAtomic" ? { ...call, path, to: join(dir, call.to) } : { ...call, path };
}

function outcomeText(outcome: Outcome<unknown>): string {
  if (!outcome.ok) return "refuses";
  return typeof outcome.value === "boolean" ? `returns ${outcome.value}` : "returns";
}

function byUs(call: Call): unknown {
  switch (call.name) {
    case "writeAtomic":
      return writeAtomicSync(call.path, call.data);
    case "writeOnce":
      return writeOnceSync(call.path, call.data);
    case "writeOnceWithParents":
      return writeOnceWithParentsSync(call.path, call.data);
    case "writeAppendFsync":
      return writeAppendFsyncSync(call.path, call.data);
    case "renameAtomic":
      return renameAtomicSync(call.path, call.to);
    case "fsyncDir":
      return fsyncDirSync(call.path);
  }
}

async function byReference(process: ReferenceProcess, call: Call): Promise<unknown> {
  const reply = await process.request(Operation[call.name], (message) => {
    message.text(call.path);
    if ("data" in call) message.bytes(call.data);
    if ("to" in call) message.text(call.to);
  });
  return call.name.startsWith("writeOnce") ? reply.u8() === 1 : undefined;
}

async function enter(process: ReferenceProcess, dir: string): Promise<void> {
  await process.request(Operation.changeDirectory, (message) => message.text(dir));
}

/** Several make the same file at once: of ours one does; of the reference's, now and then, two. */
async function raceOnce(program: string, scratch: Scratch, ledger: Stage["ledger"]): Promise<string> {
  await using first = new ReferenceProcess([program]);
  await using second = new ReferenceProcess([program]);
  const dir = scratch.directory();
  let races = 0;
  let doubleWins = 0;
  while (races < RACES && doubleWins === 0) {
    const call: Call = { name: "writeOnce", path: join(dir, `theirs-${races++}`), data: Buffer.from("won") };
    const won = await Promise.all(
      [first, second].map((process) => attempt(() => byReference(process, call))),
    );
    if (won.every((outcome) => outcome.ok && outcome.value === true)) doubleWins++;
    const ours = join(dir, `ours-${races}`);
    const winners = (await Promise.all([1, 2, 3].map((n) => writeOnce(ours, String(n))))).filter(
      (isWon) => isWon,
    );
    if (winners.length !== 1) ledger.fail(`writeOnce: ${winners.length} of three callers made the file`);
  }
  if (doubleWins > 0) ledger.note("safeatomic-write-once-has-one-winner");
  return `write_once: two callers of the reference's both won in race ${races}`;
}
