import { describeRecord } from "@datawal/oracle";
import { segmentName } from "@datawal/record-log";
import { type BaseStore, concatFrames } from "./base-store.js";
import { type DamageFamily, type StoreDamage, storeFamily } from "./damage-family.js";
import type { WrittenRecord } from "./known-frames.js";
import { pairOf } from "./pairs.js";

/** Whole frames of a store moved: each two swapped, each one written twice, each one left out. */
export function movedFrames(base: BaseStore): (DamageFamily & StoreDamage)[] {
  const { records } = base;
  const family = (
    name: string,
    count: number,
    describe: (index: number) => string,
    move: (index: number) => Move,
  ) => storeFamily(base, { name, count, describe, damaged: (index) => moved(base, move(index)) });
  const at = (index: number) => describeRecord(records[index]!);
  const pair = (index: number) => pairOf(index, records.length);
  return [
    family(
      "frames-swapped",
      (records.length * (records.length - 1)) / 2,
      (index) => `swapped: ${pair(index).map(at).join(" and ")}`,
      (index) => swapped(records, ...pair(index)),
    ),
    family(
      "frame-doubled",
      records.length,
      (index) => `written twice, one behind the other: ${at(index)}`,
      (index) => (record) => (record === records[index] ? [record, record] : [record]),
    ),
    family(
      "frame-repeated-at-the-end",
      records.length,
      (index) => `written again as the last of the log: ${at(index)}`,
      (index) => (record) => (record === records.at(-1) ? [record, records[index]!] : [record]),
    ),
    family(
      "frame-dropped",
      records.length,
      (index) => `left out: ${at(index)}`,
      (index) => (record) => (record === records[index] ? [] : [record]),
    ),
  ];
}

/** What stands in the place of a record. */
type Move = (record: WrittenRecord) => readonly WrittenRecord[];

function swapped(records: readonly WrittenRecord[], first: number, second: number): Move {
  const others = new Map([
    [records[first]!, records[second]!],
    [records[second]!, records[first]!],
  ]);
  return (record) => [others.get(record) ?? record];
}

function moved({ segments }: BaseStore, move: Move): Record<string, Uint8Array> {
  return Object.fromEntries(
    segments.map((records, index) => [segmentName(index + 1), concatFrames(records.flatMap(move))]),
  );
}
