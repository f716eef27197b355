import { mkdirSync, writeFileSync } from "node:fs";
import { encodeRecord } from "@datawal/format";
import { RecordLog, RecordLogReader } from "@datawal/record-log";
import { plainText } from "../../kit/records.js";
import { readStoreFiles, segmentFile } from "../../kit/store-files.js";
import { attempt } from "../../sides/refusal.js";
import type { Side } from "../../sides/side.js";
import { outcomeText, recordsOf, type Setting } from "./quirk.js";

export async function txids({ side, dir }: Setting): Promise<string> {
  for (let session = 0; session < 2; session++) {
    const store = await side.open(dir, "log");
    await store.append(Buffer.from("a"));
    await store.rotate();
    await store.append(Buffer.from("b"));
    await store.close();
  }
  return plainText(await recordsOf(side, dir));
}

export async function afterTxid({ side, dir }: Setting, txid: bigint): Promise<string> {
  mkdirSync(dir);
  writeFileSync(segmentFile(dir, 1), encodeRecord({ type: 0, txid, payload: "the last" }));
  const appended = await attempt(() => appendOne(side, dir));
  return `${outcomeText(appended)}, then ${plainText(await recordsOf(side, dir))}`;
}

export async function oddTxids({ side, dir }: Setting): Promise<string> {
  mkdirSync(dir);
  const frames = [7n, 3n, 3n, 0n, 900n].map((txid) => encodeRecord({ type: 0, txid, payload: String(txid) }));
  writeFileSync(segmentFile(dir, 1), Buffer.concat(frames));
  return `${outcomeText(await attempt(() => appendOne(side, dir)))}, then ${plainText(await recordsOf(side, dir))}`;
}

export async function fromSegment({ side, dir }: Setting, segment: number): Promise<string> {
  mkdirSync(dir);
  writeFileSync(segmentFile(dir, segment), encodeRecord({ type: 0, txid: 5n, payload: "first" }));
  const store = await side.open(dir, "log");
  const rotated = await attempt(() => store.rotate());
  const appended = await attempt(() => store.append(Buffer.from("behind the rotation")));
  await store.fsync();
  await store.close();
  const names = [...readStoreFiles(dir).segments.keys(), ...readStoreFiles(dir).others];
  return `${outcomeText(rotated)}, ${outcomeText(appended)}, ${names}, then ${plainText(await recordsOf(side, dir))}`;
}

export async function deleteOfNothing({ side, dir }: Setting): Promise<string> {
  const store = await side.open(dir, "kv");
  await store.put(Buffer.from("a"), Buffer.from("1"));
  for (const key of ["a", "a", "b"]) await store.delete(Buffer.from(key));
  await store.close();
  return plainText(await recordsOf(side, dir));
}

export async function rotateTwice({ side, dir }: Setting): Promise<string> {
  const store = await side.open(dir, "log");
  for (let count = 0; count < 2; count++) await store.rotate();
  await store.append(Buffer.from("a"));
  for (let count = 0; count < 2; count++) await store.rotate();
  await store.close();
  return [...readStoreFiles(dir).segments.keys()].join();
}

export async function payloadOf({ side, dir }: Setting, byteCount: number): Promise<string> {
  const store = await side.open(dir, "log");
  const appended = await attempt(() => store.append(new Uint8Array(byteCount).fill(0x61)));
  await store.close();
  const bytes = readStoreFiles(dir).segments.get("00000001.dwal")!;
  return `${outcomeText(appended)}, ${bytes.length} bytes, CRC ${bytes.subarray(-4).toString("hex")}`;
}

export async function sizeRotation({ side, dir, process: reference }: Setting): Promise<string> {
  const payload = Buffer.alloc(1 << 20);
  if (reference) {
    const store = await side.open(dir, "log");
    for (let count = 0; count < 66; count++) await store.append(payload);
    await store.close();
  } else {
    using log = RecordLog.openSync(dir);
    for (let count = 0; count < 66; count++) log.append(payload);
  }
  using reader = RecordLogReader.openSync(dir);
  return `${reader.segments.length} segments, ${reader.recoveryReport().recordsReplayed} records`;
}

async function appendOne(side: Side, dir: string): Promise<void> {
  const store = await side.open(dir, "log");
  try {
    await store.append(Buffer.from("appended"));
  } finally {
    await store.close();
  }
}
