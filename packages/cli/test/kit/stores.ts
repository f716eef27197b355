import { createHash } from "node:crypto";
import {
  appendFileSync,
  cpSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  statSync,
  truncateSync,
  unlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { DataWal } from "datawal";
import { workspaceDirectory } from "./workspace.js";

const fixtures = fileURLToPath(new URL("../../../../proof/fixtures", import.meta.url));
export interface FixtureFacts {
  records: number;
  report: Record<
    "files_scanned" | "records_replayed" | "tail_truncated" | "tail_bytes_discarded" | "last_txid_seen",
    number
  >;
  live_keys: number;
  export_bytes: number;
  export_sha256: string;
  compact_bytes: number;
  compact_sha256: string;
  open_error?: string;
}
export const manifest: Record<string, FixtureFacts> = JSON.parse(
  readFileSync(join(fixtures, "manifest.json"), "utf8"),
);
/** The stores that the reference has written. */
export const fixtureNames: readonly string[] = Object.keys(manifest);

/** A path that does not exist yet, in a directory of its own. */
export function freshPath(name: string): string {
  return join(mkdtempSync(join(workspaceDirectory(), "case-")), name);
}

/** A copy of a golden store. */
export function fixtureStore(name: string): string {
  const store = freshPath(name);
  cpSync(join(fixtures, name), store, { recursive: true });
  return store;
}

/** A store that a writer made and closed. */
export async function madeStore(
  pairs: Iterable<readonly [key: string | Uint8Array, value: string | Uint8Array]>,
  options: { segmentBytesMax?: number } = {},
): Promise<string> {
  const store = freshPath("store");
  await using db = await DataWal.open(store, options);
  for (const [key, value] of pairs) db.put(key, value);
  return store;
}

/** Three pairs in a store whose last segment ends with half a frame. */
export async function tornStore(): Promise<string> {
  const store = await madeStore(PAIRS);
  truncateSync(segmentPath(store), statSync(segmentPath(store)).size - 3);
  forgetSyncNote(store);
  return store;
}

/**
 * A store of three segments of one record each, the middle one with a flipped bit in its payload.
 *
 * @param deleted Keys that are deleted in further segments.
 */
export async function damagedStore(deleted: readonly string[] = []): Promise<string> {
  const store = await madeStore(PAIRS, { segmentBytesMax: 1 });
  if (deleted.length > 0) await deleteKeys(store, deleted);
  flipLastBit(segmentPath(store, 2), 8);
  return store;
}

async function deleteKeys(store: string, keys: readonly string[]): Promise<void> {
  await using db = await DataWal.open(store, { segmentBytesMax: 1 });
  for (const key of keys) db.delete(key);
}

/** A store of one segment in which a valid frame lies behind a damaged one. */
export async function rottenStore(): Promise<string> {
  const store = await madeStore(PAIRS);
  const frameBytes = statSync(segmentPath(store)).size / PAIRS.length;
  flipLastBit(segmentPath(store), frameBytes + 8);
  return store;
}

/** As if what was cut off had never been synced: otherwise no crash explains that it is missing. */
export function forgetSyncNote(store: string): void {
  unlinkSync(join(store, ".lock"));
}

/** A store whose newest segment, of three, is gone. */
export async function curtailedStore(): Promise<string> {
  const store = await madeStore(PAIRS, { segmentBytesMax: 1 });
  unlinkSync(segmentPath(store, 3));
  return store;
}

/** A store whose middle segment of three is gone. */
export async function gappedStore(): Promise<string> {
  const store = await madeStore(PAIRS, { segmentBytesMax: 1 });
  unlinkSync(segmentPath(store, 2));
  return store;
}

/** A store whose torn tail was cut off, and is kept in a file. */
export async function mendedStore(): Promise<string> {
  const store = await tornStore();
  await using _ = await DataWal.open(store);
  return store;
}

/** Frames of equal length, so that a test finds them. */
export const PAIRS = [
  ["key-1", "value-1"],
  ["key-2", "value-2"],
  ["key-3", "value-3"],
] as const;

export function segmentPath(store: string, segment = 1): string {
  return join(store, `${String(segment).padStart(8, "0")}.dwal`);
}

export function appendZeros(store: string, count: number): void {
  appendFileSync(segmentPath(store), new Uint8Array(count));
}

/** @param fromEnd Which byte of the file, counted from its end. */
function flipLastBit(path: string, fromEnd: number): void {
  const bytes = readFileSync(path);
  bytes[bytes.length - fromEnd]! ^= 1;
  writeFileSync(path, bytes);
}

/** Everything about a directory that a reading command must leave as it is: names, bytes, times. */
export function fingerprint(directory: string): string {
  const hash = createHash("sha256");
  for (const name of ["", ...readdirSync(directory).sort()]) {
    const path = join(directory, name);
    const stat = statSync(path, { bigint: true });
    hash.update(`${name} ${stat.mode} ${stat.mtimeNs} ${stat.ctimeNs}\n`);
    if (stat.isFile()) hash.update(readFileSync(path));
  }
  return hash.digest("hex");
}

export function sha256(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex");
}
