import { verifyLog } from "@datawal/record-log";
import { DataWalReader } from "datawal";
import type { DemoPaths } from "../demo-paths.js";
import { Problem } from "../problem.js";
import { counted, number, type Story } from "../story.js";

/** Writes the live pairs as JSON lines. */
export async function exportLines({ store, exported }: DemoPaths, story: Story): Promise<void> {
  await using reader = await DataWalReader.open(store);
  const { recordsWritten, bytesWritten } = await reader.exportJsonl(exported);
  story.say(
    `${exported}: ${counted(recordsWritten, "line")}, one for each key with its last value, in base64; ${counted(bytesWritten, "byte")}.`,
  );
}

/** Writes a store of the live pairs alone, and checks it. */
export async function compact({ store, compacted }: DemoPaths, story: Story): Promise<void> {
  await using reader = await DataWalReader.open(store);
  const { segmentBytes } = reader.stats();
  const { liveKeys, bytesWritten } = await reader.compactTo(compacted);
  const { verdict, report } = await verifyLog(compacted);
  if (verdict !== "intact" || report.recordsReplayed !== liveKeys) {
    throw new Problem(
      `expected ${number(liveKeys)} records in an intact store, found ${number(report.recordsReplayed)} in a ${verdict} one`,
    );
  }
  const size =
    bytesWritten < segmentBytes
      ? `${number(bytesWritten)} bytes instead of ${number(segmentBytes)}`
      : `${counted(bytesWritten, "byte")}, as many as before, since no key was put twice`;
  story.say(
    `${compacted}: a new store with the ${counted(liveKeys, "live record")} and nothing else; ${size}.`,
  );
}
