import { truncateSync } from "node:fs";
import { DataWal } from "datawal";
import { MortalFileSystem } from "../../kit/mortal-file-system.js";
import type { Scratch } from "../../kit/scratch.js";
import { segmentFile } from "../../kit/store-files.js";
import { operationOf } from "../../sides/ours.js";
import type { SeenRecord } from "../../sides/side.js";
import { batchChange, type Change, KEYS } from "../differential/operation.js";

/** How a writer of ours was killed within the write of a group. */
export interface CutGroup {
  /** Makes such a store. */
  make(dir: string): void;
  /** What the log has before the head. */
  before: readonly SeenRecord[];
  /** The first record behind the head, whether it is there or not. */
  first: SeenRecord;
  /** Of the head and the records behind it those that are there whole. */
  part: readonly SeenRecord[];
  state: "absent" | "cut" | "whole";
  /** Whether a frame behind the part is torn. */
  isTorn: boolean;
}

/**
 * Where a frame is torn: in its header, and in its CRC. Not before the last byte: where that is a D, as one in 256 is, the
 * frame that is appended there completes it. Between key and payload is another tale (`lost`).
 */
const TEARS = [() => 10, ({ len }: SeenRecord) => len - 3];

/** Keys that are live before the group, the last one only where that is not the first of its segment. */
const LIVE_BEFORE = [0, 1, 2, 3, 4];

/** The group cut at each boundary of its frames, and within its head, its first record, and its last one. */
export function cutGroups(drawn: readonly Change[], isFirst: boolean, scratch: Scratch): CutGroup[] {
  const changes = thoseThatWrite(drawn, isFirst ? LIVE_BEFORE.slice(0, -1) : LIVE_BEFORE);
  const records = writeGroup(scratch.newPath(), changes, isFirst);
  const group = records.slice(-changes.length - 1);
  const before = records.slice(0, -group.length);
  const [{ segment, offset }] = group as [SeenRecord];
  const boundaries = [offset, ...group.map((record) => record.offset + record.len)];
  const cutAt = (wholeFrames: number, tornBytes: number): CutGroup => ({
    make(dir) {
      writeGroup(dir, changes, isFirst);
      truncateSync(segmentFile(dir, segment), boundaries[wholeFrames]! + tornBytes);
    },
    before,
    first: group[1]!,
    part: group.slice(0, wholeFrames),
    state: wholeFrames === group.length ? "whole" : wholeFrames + tornBytes === 0 ? "absent" : "cut",
    isTorn: tornBytes > 0,
  });
  const torn = [0, 1, group.length - 1].flatMap((index) =>
    TEARS.map((tear) => cutAt(index, tear(group[index]!))),
  );
  return [...boundaries.map((_, index) => cutAt(index, 0)), ...torn];
}

/** In place of a deletion of a key that is not live, which would be no record, a put. */
function thoseThatWrite(changes: readonly Change[], liveBefore: readonly number[]): Change[] {
  const live = new Set(liveBefore);
  return changes.map(({ key, value }) => {
    if (value === undefined && live.delete(key)) return { key, value };
    live.add(key);
    return { key, value: value ?? { count: 1, fill: key } };
  });
}

/**
 * In a process that is killed: it does not close its store.
 *
 * @param isFirst Whether the group stands at the beginning of its segment.
 */
function writeGroup(dir: string, changes: readonly Change[], isFirst: boolean): SeenRecord[] {
  let records: SeenRecord[] = [];
  new MortalFileSystem().live((fileSystem) => {
    const store = DataWal.openSync(dir, { fileSystem });
    for (const key of LIVE_BEFORE) store.put(KEYS[key]!, Buffer.from("before the group"));
    store.delete(KEYS[LIVE_BEFORE.at(-1)!]!);
    if (isFirst) store.rotateSync();
    else store.fsyncSync();
    if (!isFirst) store.put(KEYS[LIVE_BEFORE.at(-1)!]!, Buffer.from("not synced"));
    store.batch(changes.map(batchChange).map(operationOf));
    records = [...store.scan()];
  });
  return records;
}
