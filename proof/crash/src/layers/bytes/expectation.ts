import type { Files, OracleRecord } from "@datawal/oracle";
import type { BaseStore } from "./base-store.js";

/** The first place of a store where no written frame stands. */
export interface DamagePlace {
  /** Of the segment's file. */
  name: string;
  offset: number;
  isSealed: boolean;
  /** Whether a segment before it holds a record: then the file is part of a log, whatever it begins with. */
  followsRecords: boolean;
}

/** What a damaged store holds: the frames before the first damage, in the order in which they lie there. */
export interface Expectation {
  records: readonly OracleRecord[];
  damage: DamagePlace | undefined;
}

/** @param files segments only. */
export function expectationOf({ known }: BaseStore, files: Files): Expectation {
  const names = Object.keys(files).sort();
  const records: OracleRecord[] = [];
  for (const name of names) {
    const { records: own, validBytes: offset, size } = known.read(files[name]!);
    const followsRecords = records.length > 0;
    records.push(...own);
    if (offset < size)
      return { records, damage: { name, offset, isSealed: name !== names.at(-1), followsRecords } };
  }
  return { records, damage: undefined };
}

/** Whether an open may refuse a store for this damage: in a sealed segment, or for the two reasons of disk-rules R6. */
export function mayRefuse(damage: DamagePlace, files: Files): boolean {
  const { name, offset, isSealed, followsRecords } = damage;
  const head = files[name]!.subarray(offset, offset + HEADER_LEN);
  const mayBeForeign = offset === 0 && !followsRecords;
  return (
    isSealed || (mayBeForeign && isForeign(head)) || (isUnsupported(head) && !hasLostSector(head, offset))
  );
}

// Told here again rather than taken from the codec, which is what is judged.
const HEADER_LEN = 24;
const SECTOR_BYTES = 512;
const MAGIC = [0x44, 0x57, 0x41, 0x4c];
const [VERSION_OFFSET, TYPE_OFFSET, FLAGS_OFFSET] = [4, 6, 7] as const;

function isForeign(head: Uint8Array): boolean {
  return head.some((byte) => byte !== 0) && !hasMagic(head);
}

function isUnsupported(head: Uint8Array): boolean {
  if (head.length < HEADER_LEN || !hasMagic(head)) return false;
  const version = head[VERSION_OFFSET]! + 256 * head[VERSION_OFFSET + 1]!;
  return version !== 1 || head[TYPE_OFFSET]! > 2 || head[FLAGS_OFFSET] !== 0;
}

/** Whether a piece of the header, cut where sectors end, is all zero: then it was never written. */
function hasLostSector(head: Uint8Array, offset: number): boolean {
  const boundary = SECTOR_BYTES - (offset % SECTOR_BYTES);
  const pieces = [head.subarray(0, boundary), head.subarray(boundary)];
  return pieces.some((piece) => piece.length > 0 && piece.every((byte) => byte === 0));
}

/** As far as there are bytes. */
function hasMagic(head: Uint8Array): boolean {
  return MAGIC.every((byte, index) => index >= head.length || head[index] === byte);
}
