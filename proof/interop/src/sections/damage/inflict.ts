import {
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  truncateSync,
  unlinkSync,
  writeFileSync,
} from "node:fs";
import { basename, join } from "node:path";
import { encodeRecord, HEADER_LEN, recordWireSize } from "@datawal/format";
import { segmentName } from "@datawal/record-log";
import { parseStoreName } from "@datawal/record-log/internal";
import { readStoreFiles } from "../../kit/store-files.js";
import type { Damage, Tail } from "./damage.js";

/** Where a header has its fields (docs/format.md). */
const VERSION = 4;
const TYPE = 6;
const FLAGS = 7;
const KEY_LEN = 16;
const PAYLOAD_LEN = 20;

/** A store beside a directory that links lead to, so that both can be copied together. */
export interface Place {
  store: string;
  elsewhere: string;
}

export function placeIn(directory: string): Place {
  return { store: join(directory, "store"), elsewhere: join(directory, "elsewhere") };
}

/** Does the damage; nothing where there is no segment to be damaged. */
export function inflict(place: Place, damage: Damage): void {
  const names = [...readStoreFiles(place.store).segments.keys()];
  if (!("segment" in damage)) toStore(place, damage);
  else if (names.length > 0) toSegment(place, damage, names);
}

function toStore(place: Place, damage: Exclude<Damage, { segment: number }>): void {
  switch (damage.do) {
    case "foreign":
      makeForeign(join(place.store, damage.name), damage.isDirectory);
      break;
    case "directory-as-next":
      mkdirSync(nextPath(place.store));
      break;
    case "lock-link":
      linkLock(place);
      break;
  }
}

function toSegment(
  place: Place,
  damage: Extract<Damage, { segment: number }>,
  names: readonly string[],
): void {
  const pathOf = (index: number) => join(place.store, names.at(index < 0 ? index : index % names.length)!);
  const path = pathOf(damage.segment);
  switch (damage.do) {
    case "cut":
      rewrite(path, (bytes) => bytes.subarray(0, Math.max(0, bytes.length - damage.bytes)));
      break;
    case "flip":
      rewrite(path, (bytes) => flip(bytes, damage.at, damage.bit));
      break;
    case "zero-end":
      rewrite(path, (bytes) => bytes.fill(0, Math.max(0, bytes.length - damage.bytes)));
      break;
    case "append":
      rewrite(path, (bytes) => Buffer.concat([bytes, tailBytes(damage.tail, damage.bytes)]));
      break;
    case "remove":
      unlinkSync(path);
      break;
    case "empty":
      truncateSync(path);
      break;
    case "replace":
      rewrite(path, () => tailBytes("noise", damage.bytes));
      break;
    case "swap":
      swap(path, pathOf(damage.other));
      break;
    case "copy-as-next":
      copyFileSync(path, nextPath(place.store));
      break;
    case "overlong-name":
      copyFileSync(path, join(place.store, damage.name));
      break;
    case "link":
      replaceByLink(place, path, damage.isDangling);
      break;
    case "quarantine-file":
      writeFileSync(`${path.slice(0, -".dwal".length)}.cut-${damage.offset}`, "kept once");
      break;
    case "temporary-file":
      writeFileSync(`${path}.new`, "left behind");
      break;
  }
}

/** In place: the file stays the one that our note speaks of. */
function rewrite(path: string, change: (bytes: Buffer) => Uint8Array): void {
  const changed = change(readFileSync(path));
  writeFileSync(path, changed);
}

function flip(bytes: Buffer, at: number, bit: number): Buffer {
  if (bytes.length > 0) bytes[Math.floor((at * bytes.length) / 1000)]! ^= 1 << bit;
  return bytes;
}

function tailBytes(tail: Tail, bytes: number): Uint8Array {
  const frame = Buffer.from(
    encodeRecord({ type: 1, txid: 1n, key: "k", payload: new Uint8Array(bytes).fill(7) }),
  );
  switch (tail) {
    case "zeros":
      return Buffer.alloc(bytes);
    case "noise":
      return Buffer.from(Array.from({ length: bytes }, (_, index) => (index * 167 + bytes * 31 + 5) & 0xff));
    case "magic":
      return Buffer.concat([Buffer.from("DWAL"), Buffer.alloc(bytes)]);
    case "half-frame":
      return frame.subarray(0, Math.min(bytes, frame.length - 1));
    case "newer-frame":
      return written(frame, VERSION, 2);
    case "other-type":
      return written(frame, TYPE, 9);
    case "flagged":
      return written(frame, FLAGS, 1);
    case "huge-key":
      return frame.fill(0xff, KEY_LEN, KEY_LEN + 4).subarray(0, HEADER_LEN + bytes);
    case "huge-payload":
      return frame.fill(0xff, PAYLOAD_LEN, PAYLOAD_LEN + 4).subarray(0, recordWireSize(1, bytes));
  }
}

function written(frame: Buffer, at: number, byte: number): Buffer {
  frame[at] = byte;
  return frame;
}

function swap(a: string, b: string): void {
  renameSync(a, `${a}~`);
  if (a !== b) renameSync(b, a);
  renameSync(`${a}~`, b);
}

/** Behind whatever has a segment's name, file or not. */
function nextPath(store: string): string {
  const ids = readdirSync(store).filter((name) => parseStoreName(name).kind === "segment");
  return join(store, segmentName(Math.max(0, ...ids.map((name) => Number.parseInt(name, 10))) + 1));
}

function makeForeign(path: string, isDirectory: boolean): void {
  if (existsSync(path)) return;
  if (isDirectory) mkdirSync(path);
  else writeFileSync(path, "not ours");
}

function replaceByLink({ elsewhere }: Place, path: string, isDangling: boolean): void {
  const name = basename(path);
  if (isDangling) unlinkSync(path);
  else renameSync(path, join(elsewhere, name));
  symlinkSync(join("../elsewhere", name), path);
}

function linkLock({ store, elsewhere }: Place): void {
  rmSync(join(store, ".lock"), { force: true });
  writeFileSync(join(elsewhere, "precious"), "somebody's data");
  symlinkSync("../elsewhere/precious", join(store, ".lock"));
}
