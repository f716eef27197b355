import { type DemoPaths, makeRoot, removeEarlierRun, removeSpool } from "./demo-paths.js";
import { chooseInput } from "./input/choose-input.js";
import type { Input } from "./input/input.js";
import { operationsOf } from "./input/source.js";
import { nextCommands } from "./next-commands.js";
import { compact, exportLines } from "./steps/copy-live.js";
import { killWriter } from "./steps/kill-writer.js";
import { proveAcknowledged } from "./steps/prove-acknowledged.js";
import { reopen } from "./steps/reopen.js";
import { tearTail } from "./steps/tear-tail.js";
import { verify } from "./steps/verify.js";
import { writeRest } from "./steps/write-rest.js";
import { number, type Story } from "./story.js";
import { tellFiles } from "./what-lies-where.js";

/**
 * The main job on real input: write, be killed, open again, have lost nothing.
 *
 * @param argument A file, `-`, or nothing for the earthquakes.
 * @throws StepFailed
 */
export async function demo(argument: string | undefined, paths: DemoPaths, story: Story): Promise<void> {
  try {
    const input = await story.step("Look at the input", () => lookAtInput(argument, paths, story));
    const acknowledged = await crashAndRecover(input, paths, story);
    await story.step("Verify everything", () => verify(paths.store, input, story));
    await story.step("Export", () => exportLines(paths, story));
    await story.step("Compact", () => compact(paths, story));
    await story.step("What happened", () => tellWhatHappened(input, acknowledged, story));
    await story.step("What lies where", () => tellFiles(paths, story));
    await story.step("Try next", () => tellNextCommands(input, paths, story));
  } finally {
    removeSpool(paths);
  }
}

async function lookAtInput(argument: string | undefined, paths: DemoPaths, story: Story): Promise<Input> {
  makeRoot(paths);
  const input = await chooseInput(argument, paths.spool);
  removeEarlierRun(paths);
  story.say(input.description);
  return input;
}

async function crashAndRecover(input: Input, { store }: DemoPaths, story: Story): Promise<number> {
  const acknowledged = await story.step("Write, and be killed", () => killWriter(store, input, story));
  await story.step("Make it worse", () => tearTail(store, input, story));
  const db = await story.step("Open again", () => reopen(store, input, story));
  const found = await story.step("Prove that nothing is lost", () =>
    proveAcknowledged(db, input, acknowledged, story),
  );
  await story.step("Go on to the end", () => writeRest(db, input, found, story));
  return acknowledged;
}

function tellWhatHappened({ operations }: Input, acknowledged: number, story: Story): void {
  story.say(
    `A program was killed while it wrote, after ${number(acknowledged)} of ${number(operations)} records were durable, and the end of its log was torn. Opening the store again found the longest run of whole records, moved what followed it to a quarantine file, and went on. Nothing that was acknowledged is lost; nothing that was never written appears.`,
  );
}

async function tellNextCommands({ source }: Input, paths: DemoPaths, story: Story): Promise<void> {
  for await (const { key } of operationsOf(source)) {
    for (const line of nextCommands(paths, key)) story.command(line);
    return;
  }
}
