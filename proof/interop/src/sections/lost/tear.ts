import { readFileSync, writeFileSync } from "node:fs";
import { type RecordType, recordWireSize } from "@datawal/format";
import type { Scratch } from "../../kit/scratch.js";
import { segmentFile } from "../../kit/store-files.js";
import type { Reference } from "../../sides/reference.js";
import { attempt } from "../../sides/refusal.js";

/** How much a record holds. */
export interface Shape {
  type: RecordType;
  keyLen: number;
  payloadLen: number;
}

/** A store in which the reference appends behind what a crash has left. */
export interface TearCase {
  /** The record that the crash tears. */
  torn: Shape;
  /** How many bytes of its frame are left; for `flipped` which byte is damaged. */
  at: number;
  how: "cut" | "flipped" | "zeroed";
  /** What the reference appends afterwards, the same in each session, as long as it can open the store. */
  appended: Shape;
  sessions: number;
  rotates: boolean;
}

/** What the reference did, and acknowledged by a sync. */
export interface Acknowledged {
  dir: string;
  /** Payload texts, in order. */
  payloads: string[];
  /** Where the torn frame begins in the first segment. */
  tornOffset: number;
  /** Whether the reference can open the store any more, and if so how many of the acknowledged records it finds. */
  foundByReference: number | undefined;
}

const RECORDS_BEFORE = 2;

export function frameLen({ keyLen, payloadLen }: Shape): number {
  return recordWireSize(keyLen, payloadLen);
}

/** Lets the reference write a store, tears its last record, and lets the reference go on. */
export async function makeLost(
  tear: TearCase,
  scratch: Scratch,
  reference: Reference,
): Promise<Acknowledged> {
  const dir = scratch.newPath();
  const payloads: string[] = [];
  const log = await reference.open(dir, "log");
  for (let number = 0; number < RECORDS_BEFORE; number++)
    payloads.push(await append(log, { type: 0, keyLen: 0, payloadLen: 20 }, `before ${number}`));
  await log.fsync();
  await append(log, tear.torn, "torn");
  await log.close();
  const tornOffset = damageLast(dir, tear);
  for (let session = 0; session < tear.sessions; session++) {
    const opened = await attempt(() => reference.open(dir, "log"));
    if (!opened.ok) break;
    const written = [];
    for (let number = 0; number < 2; number++)
      written.push(await append(opened.value, tear.appended, `session ${session} record ${number}`));
    await opened.value.fsync();
    payloads.push(...written);
    if (tear.rotates) await opened.value.rotate();
    await opened.value.close();
  }
  return { dir, payloads, tornOffset, foundByReference: await countFound(dir, reference, payloads) };
}

/** Returns where the damaged frame begins. */
function damageLast(dir: string, { torn, at, how }: TearCase): number {
  const path = segmentFile(dir, 1);
  const bytes = readFileSync(path);
  const start = bytes.length - frameLen(torn);
  if (how === "flipped") bytes[start + at]! ^= 0x10;
  if (how === "zeroed") bytes.fill(0, start);
  writeFileSync(path, how === "flipped" ? bytes : bytes.subarray(0, start + at));
  return start;
}

/** Payloads begin with a text that tells them apart, and are filled up to their length. */
async function append(
  log: Awaited<ReturnType<Reference["open"]>>,
  { type, keyLen, payloadLen }: Shape,
  text: string,
): Promise<string> {
  const payload = text.slice(0, payloadLen).padEnd(payloadLen, ".");
  await log.appendRecord(type, Buffer.from("k".repeat(keyLen)), Buffer.from(payload));
  return payload;
}

async function countFound(
  dir: string,
  reference: Reference,
  payloads: readonly string[],
): Promise<number | undefined> {
  const { records, problem } = await reference.readAll(dir);
  if (problem !== "") return undefined;
  const found = records.map(({ payload }) => Buffer.from(payload).toString());
  return payloads.filter((payload) => found.includes(payload)).length;
}
