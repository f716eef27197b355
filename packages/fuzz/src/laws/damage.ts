import fc from "fast-check";
import { anyDamage, type Damage, damaged } from "../arbitraries/damage.js";
import type { LogInput } from "../arbitraries/operation.js";
import { anyRecord, type GeneratedRecord } from "../arbitraries/record.js";
import type { LogWriterUnderTest } from "../machines/log-machine.js";
import type { Awaitable } from "../machines/place.js";
import { isSameRecord } from "./expect-same.js";

/** A log whose files can be reached while nobody has it open. */
export interface DamageableLog {
  open(): Awaitable<LogWriterUnderTest>;
  /** Its segments, oldest first. */
  segments(): Awaitable<readonly string[]>;
  read(segment: string): Awaitable<Uint8Array>;
  /** Puts other bytes in a segment's place. */
  replace(segment: string, bytes: Uint8Array): Awaitable<unknown>;
  /** Whether an error of `open` is one that tells of damage. */
  isRefusal(error: unknown): boolean;
}

const NOTHING_BUT_THIS = "a damaged log shows what was appended, up to some record, or is refused";

/**
 * The law: whatever is done to one of a log's files, it opens with the records up to some place, as they were appended, or
 * refuses to; it never shows a record that was not appended, or another one in its place. A log that can go on behind what is
 * missing is opened so that it does not.
 */
export function tellsDamage(
  log: () => Awaitable<DamageableLog>,
): fc.IAsyncPropertyWithHooks<[LogInput[][], number, Damage]> {
  const anySegments = fc.array(fc.array(anyRecord(), { maxLength: 5 }), { minLength: 1, maxLength: 3 });
  return fc.asyncProperty(anySegments, fc.nat(2), anyDamage(), async (segments, choice, damage) => {
    const subject = await log();
    const appended = await write(subject, segments);
    const names = await subject.segments();
    const name = names[choice % names.length]!;
    await subject.replace(name, damaged(await subject.read(name), damage));
    const found = await recordsOrRefusal(subject);
    const strange = found.findIndex((record, index) => !isSameRecord(record, appended[index]));
    if (strange !== -1)
      throw new Error(`${NOTHING_BUT_THIS}: record ${strange} is ${fc.stringify(found[strange])}`);
  });
}

async function write(subject: DamageableLog, segments: readonly (readonly LogInput[])[]) {
  const writer = await subject.open();
  for (const [index, records] of segments.entries()) {
    if (index > 0) await writer.rotate?.();
    for (const record of records) await writer.append(record);
  }
  const appended = await writer.records();
  await writer.close();
  return appended;
}

async function recordsOrRefusal(subject: DamageableLog): Promise<readonly GeneratedRecord[]> {
  let writer: LogWriterUnderTest;
  try {
    writer = await subject.open();
  } catch (error) {
    if (subject.isRefusal(error)) return [];
    throw error;
  }
  const found = await writer.records();
  await writer.close();
  return found;
}
