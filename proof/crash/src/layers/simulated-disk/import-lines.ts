import { type DataWal, RecordType } from "datawal";
import type { World } from "./world.js";

const LINES: readonly (readonly [string, string])[] = [
  ["one", "1"],
  ["two", "22".repeat(300)],
  ["one", "111"],
];

/** Imports a few lines; each counts as appended from the start. */
export async function importJsonlLines(world: World, wal: DataWal): Promise<void> {
  for (const [key, value] of LINES)
    world.history.append({
      type: RecordType.Put,
      txid: world.history.nextTxid,
      key: Buffer.from(key),
      payload: Buffer.from(value),
    });
  const text = LINES.map(
    ([key, value]) => `${JSON.stringify({ key_b64: base64(key), value_b64: base64(value) })}\n`,
  ).join("");
  await wal.importJsonl([Buffer.from(text)]);
}

function base64(text: string): string {
  return Buffer.from(text).toString("base64");
}
