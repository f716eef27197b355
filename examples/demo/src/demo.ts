import { rmSync } from "node:fs";
import { RecordLogReader, verifyLog } from "@datawal/record-log";
import { DataWal, DataWalReader } from "datawal";
import { operationsOf } from "./input/operations.js";
import { type Input, takeInput } from "./input/take-input.js";
import { COMPACTED, EXPORTED, STORE } from "./paths.js";
import { compareWithInput } from "./steps/compare-with-input.js";
import { keyOption } from "./steps/key-option.js";
import { killWriter } from "./steps/kill-writer.js";
import { tearTail } from "./steps/tear-tail.js";
import { tellFiles } from "./steps/tell-files.js";
import { tellRecovery } from "./steps/tell-recovery.js";
import { command, counted, number, say, step } from "./story.js";

/**
 * The main job on real input: write, be killed, open again, have lost nothing.
 *
 * @param argument A file, `-`, or nothing for the earthquakes.
 */
export async function demo(argument: string | undefined): Promise<void> {
  step("Look at the input");
  const input = await takeInput(argument);
  // Only now: an input that cannot be read leaves an earlier run as it is.
  for (const path of [STORE, EXPORTED, COMPACTED]) rmSync(path, { recursive: true, force: true });
  say(input.description);

  step("Write, and be killed");
  const acknowledged = await killWriter(input);

  step("Make it worse");
  tearTail();

  await goOn(input, acknowledged);

  step("Verify everything");
  await verify(input);

  await copyLive();

  step("What happened");
  say(
    `A program was killed while it wrote, after ${number(acknowledged)} of ${number(input.operations)} records
    were durable, and the end of its log was torn. Opening the store again found the longest run of whole
    records, moved what followed it to a quarantine file, and went on. Nothing that was acknowledged is lost;
    nothing that was never written appears.`,
  );

  step("What lies where");
  tellFiles();

  step("Try next");
  say("The store stays. Read it with the command line:");
  using reader = DataWalReader.openSync(STORE);
  const [key] = reader.keys();
  command(`npx datawal verify ${STORE}`);
  command(`npx datawal scan ${STORE} --limit 3`);
  command(`npx datawal get ${STORE} ${keyOption(key!)}`);
}

/** Opens the store as any program would, proves that nothing acknowledged is lost, and writes the rest. */
async function goOn(
  { keys, operations: total, segmentBytesMax }: Input,
  acknowledged: number,
): Promise<void> {
  step("Open again");
  await using db = await DataWal.open(STORE, { segmentBytesMax });
  tellRecovery(db.recoveryReport());

  step("Prove that nothing is lost");
  const operations = operationsOf(keys);
  const found = await compareWithInput(db.scan(), operations);
  if (found < acknowledged) throw new Error(`${acknowledged} records were acknowledged, ${found} are there`);
  say(
    `We compare the log with the input. Of ${counted(acknowledged, "acknowledged record")} every one is there,
    in order, byte for byte.`,
  );
  const more = found - acknowledged;
  if (more > 0) say(`Written but not yet acknowledged, and there too: ${counted(more, "record")}.`);

  step("Go on to the end");
  for await (const { key, value } of operations) db.put(key, value);
  await db.fsync();
  say(`We append the other ${counted(total - found, "record")}, fsync, and close.`);
}

/** Checks every frame, and every record against the input. */
async function verify({ keys, operations }: Input): Promise<void> {
  const { verdict, segments } = await verifyLog(STORE);
  using reader = RecordLogReader.openSync(STORE);
  const records = await compareWithInput(reader.scan(), operationsOf(keys));
  if (verdict !== "intact" || records !== operations)
    throw new Error(`expected ${operations} records, intact; found ${records}, ${verdict}`);
  say(
    `Every frame of ${counted(segments.length, "segment")} has its right CRC; all
    ${counted(records, "record")} equal the input.`,
  );
}

/** Writes the live pairs, the last value of each key, as JSON lines and as a store of their own. */
async function copyLive(): Promise<void> {
  await using reader = await DataWalReader.open(STORE);

  step("Export");
  const exported = await reader.exportJsonl(EXPORTED);
  say(
    `${EXPORTED}: ${counted(exported.recordsWritten, "line")}, one for each key with its last value, in
    base64; ${counted(exported.bytesWritten, "byte")}.`,
  );

  step("Compact");
  const { segmentBytes } = reader.stats();
  const { liveKeys, bytesWritten } = await reader.compactTo(COMPACTED);
  const { verdict } = await verifyLog(COMPACTED);
  if (verdict !== "intact") throw new Error(`expected an intact store, found a ${verdict} one`);
  const before =
    bytesWritten < segmentBytes ? `instead of ${number(segmentBytes)}` : "as before: no key was put twice";
  say(
    `${COMPACTED}: a new store with the ${counted(liveKeys, "live record")} and nothing else;
    ${counted(bytesWritten, "byte")} ${before}.`,
  );
}
