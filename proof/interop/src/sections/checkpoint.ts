import { spawnSync } from "node:child_process";
import { appendFileSync, copyFileSync, readdirSync, rmSync, statSync, truncateSync } from "node:fs";
import { join } from "node:path";
import { type CheckpointUse, DataWal, DataWalReader, utf8 } from "datawal";
import { Random } from "../kit/random.js";
import { plainText } from "../kit/records.js";
import { ReferenceProcess } from "../reference/reference-process.js";
import { Reference } from "../sides/reference.js";
import type { Section, SectionResult, Stage } from "./section.js";

const ROUNDS = 3;
const KEYS = 60;

/** What becomes of a store between our close and our next open, and what that makes of the checkpoint. */
interface Between {
  name: string;
  use: CheckpointUse;
  change(dir: string, reference: Reference, scratch: string): Promise<string>;
}

const text = (bytes: Uint8Array) => Buffer.from(bytes).toString();
const key = (number: number) => Buffer.from(`key-${number}`);

/** The crate with the store open: it erases the sync note, whatever it does then. */
function byReference(
  name: string,
  work: (store: Awaited<ReturnType<Reference["open"]>>) => Promise<void>,
): Between {
  const change = async (dir: string, reference: Reference) => {
    const store = await reference.open(dir, "kv");
    await work(store);
    await store.close();
    return dir;
  };
  return { name: `the crate ${name}`, use: "stale", change };
}

function byProgram(
  name: string,
  use: CheckpointUse,
  work: (dir: string, scratch: string) => string,
): Between {
  return { name, use, change: async (dir, _, scratch) => work(dir, scratch) };
}

function run(...command: string[]): void {
  const { status, stderr } = spawnSync(command[0]!, command.slice(1), { encoding: "utf8" });
  if (status !== 0) throw new Error(`${command.join(" ")}: ${stderr}`);
}

function copied(dir: string, target: string, ...flags: string[]): string {
  run("cp", ...flags, dir, target);
  return target;
}

const segmentsIn = (dir: string) =>
  readdirSync(dir)
    .filter((name) => name.endsWith(".dwal"))
    .sort();

const BETWEEN: readonly Between[] = [
  byProgram("nothing", "believed", (dir) => dir),
  byProgram("a move of the directory", "believed", (dir, scratch) => {
    run("mv", dir, scratch);
    return scratch;
  }),
  byReference("opens and closes", async () => {}),
  byReference("puts", (store) => store.put(key(1), Buffer.from("by the crate"))),
  byReference("deletes", (store) => store.delete(key(2))),
  byReference("puts as long a value", (store) => store.put(key(3), Buffer.from("value-0"))),
  byProgram("cp -a", "stale", (dir, scratch) => copied(dir, scratch, "-a")),
  byProgram("cp -r", "stale", (dir, scratch) => copied(dir, scratch, "-r")),
  byProgram("cp -al", "refused", (dir, scratch) => copied(dir, scratch, "-al")),
  byProgram("cp onto the files, from a copy", "stale", (dir, scratch) => {
    copied(dir, scratch, "-a");
    for (const name of segmentsIn(dir)) copyFileSync(join(scratch, name), join(dir, name));
    return dir;
  }),
  byProgram("the files of an older state onto the newer ones", "stale", (dir, scratch) => {
    copied(dir, scratch, "-a");
    const db = DataWal.openSync(dir, OPTIONS);
    for (let number = 0; number < 9; number++) db.put(`key-${number}`, "newer");
    db.closeSync();
    for (const name of segmentsIn(scratch)) copyFileSync(join(scratch, name), join(dir, name));
    return dir;
  }),
  byProgram("a torn tail", "stale", (dir) => {
    const active = join(dir, segmentsIn(dir).at(-1)!);
    truncateSync(active, statSync(active).size - 3);
    return dir;
  }),
  byProgram("garbage behind the end", "stale", (dir) => {
    appendFileSync(join(dir, segmentsIn(dir).at(-1)!), "garbage");
    return dir;
  }),
  byProgram("the first segment is taken away", "stale", (dir) => {
    rmSync(join(dir, segmentsIn(dir)[0]!));
    return dir;
  }),
  byProgram("chmod of a segment", "stale", (dir) => {
    run("chmod", "600", join(dir, segmentsIn(dir)[0]!));
    return dir;
  }),
  byProgram("chmod of the checkpoint", "refused", (dir) => {
    run("chmod", "644", join(dir, "keydir-checkpoint"));
    return dir;
  }),
  byProgram("a link in the place of the checkpoint", "refused", (dir, scratch) => {
    run("mv", join(dir, "keydir-checkpoint"), scratch);
    run("ln", "-s", scratch, join(dir, "keydir-checkpoint"));
    return dir;
  }),
];

const OPTIONS = { key: utf8, value: utf8, segmentBytesMax: 700, checkpoint: { minLogBytes: 0 } };

/** What other programs do to a store between a close and an open of ours: the checkpoint tells what reading the log tells. */
export const checkpoint: Section = {
  name: "checkpoint",
  unit: "opens",
  async run({ program, scratch, ledger, seed, scale }: Stage): Promise<SectionResult> {
    await using process = new ReferenceProcess([program]);
    const reference = new Reference(process);
    const random = new Random(seed);
    let opens = 0;
    let believed = 0;
    for (let round = 0; round < Math.ceil(ROUNDS * scale); round++) {
      for (const between of BETWEEN) {
        const dir = await between.change(fill(scratch.newPath(), random), reference, scratch.newPath());
        const { use, problems } = await compare(dir, reference);
        opens++;
        if (use === "believed") believed++;
        for (const problem of problems) ledger.fail(`checkpoint, ${between.name}: ${problem}`);
        if (use !== between.use)
          ledger.fail(`checkpoint, ${between.name}: expected ${between.use}, found ${use}`);
      }
    }
    return { cases: opens, facts: [`${believed} of ${opens} checkpoints were believed`] };
  },
};

function fill(dir: string, random: Random): string {
  const db = DataWal.openSync(dir, OPTIONS);
  for (let count = 0; count < KEYS; count++) {
    const number = random.below(20);
    if (random.below(5) === 0) db.delete(`key-${number}`);
    else db.put(`key-${number}`, `value-${count % 10}`);
  }
  db.closeSync();
  return dir;
}

/** Our reader with the checkpoint and without, our writer with it, and the crate. */
async function compare(dir: string, reference: Reference) {
  const problems: string[] = [];
  const shownBy = (open: () => DataWalReader<string, string> | DataWal<string, string>) => {
    using handle = open();
    const { checkpoint: use, keydirBytes: _, ...stats } = handle.stats();
    return { use, shown: plainText([[...handle], stats, handle.recoveryReport()]) };
  };
  const reader = (on: boolean) => () =>
    DataWalReader.openSync(dir, { key: utf8, value: utf8, checkpoint: on });
  const read = shownBy(reader(false));
  const quick = shownBy(reader(true));
  if (read.shown !== quick.shown) problems.push(`a reader shows ${quick.shown}, the log has ${read.shown}`);
  const writer = shownBy(() => DataWal.openSync(dir, { ...OPTIONS, checkpoint: true }));
  if (writer.use !== quick.use) problems.push(`a writer found it ${writer.use}, a reader ${quick.use}`);
  using again = DataWalReader.openSync(dir, { key: utf8, value: utf8 });
  const pairs = [...again].toSorted();
  const store = await reference.open(dir, "kv");
  const theirs = (await store.pairs()).map(({ key, value }) => [text(key), text(value)]).toSorted();
  await store.close();
  if (plainText(pairs) !== plainText(theirs))
    problems.push(`we show ${plainText(pairs)}, the crate ${plainText(theirs)}`);
  return { use: quick.use, problems };
}
