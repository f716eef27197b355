import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { type Files, isTypedRefusal, isUntouched, isWithoutLeak, OracleViolation } from "@datawal/oracle";
import { DataWal } from "datawal";
import { openFilesBelow, readFiles } from "../power-cut/judge.js";
import type { FullDisk } from "./full-disk.js";

/** What is published beside a store when the disk becomes full. */
export type Publication = "compaction" | "export";

/**
 * Compacts or exports a store onto a disk that has no room for all of it: whole, or refused and nothing left.
 *
 * @returns how it was refused, or that it was not.
 * Whoever calls it makes room afterwards, however it ends.
 *
 * @throws OracleViolation
 */
export async function publishOnFullDisk(disk: FullDisk, what: Publication): Promise<string> {
  const store = join(disk.directory, "store");
  using db = DataWal.openSync(store);
  for (let key = 0; key < KEYS; key++) db.put(`key ${key}`, new Uint8Array(VALUE_BYTES).fill(1 + key));
  db.fsyncSync();
  const before = segmentsOf(store);
  const path = join(disk.directory, what);
  await disk.fill();
  const refusedWith = publish(db, what, path);
  await disk.makeRoom();
  isUntouched(before, segmentsOf(store));
  if (refusedWith === undefined) requireWhole(what, path);
  else requireNothing(what, path, disk.directory);
  if (db.size !== KEYS || db.isPoisoned)
    throw new OracleViolation("6 source untouched", `${db.size} keys are left`);
  return `${what}: ${refusedWith ?? "published"}`;
}

const KEYS = 12;
const VALUE_BYTES = 700;

function publish(db: DataWal, what: Publication, path: string): string | undefined {
  try {
    if (what === "compaction") db.compactToSync(path);
    else db.exportJsonlSync(path);
    return undefined;
  } catch (error) {
    isTypedRefusal(error);
    return (error as { code: string }).code;
  }
}

function requireWhole(what: Publication, path: string): void {
  const count = what === "compaction" ? keysOf(path) : readFileSync(path, "utf8").split("\n").length - 1;
  if (count !== KEYS) throw new OracleViolation("2 prefix", `the ${what} has ${count} of ${KEYS} keys`);
}

function keysOf(store: string): number {
  using db = DataWal.openSync(store);
  return db.size;
}

/** The directory of a compaction may be left, empty; no file may, under whatever name. */
function requireNothing(what: Publication, path: string, parent: string): void {
  const names = what === "export" ? readdirSync(parent) : existsSync(path) ? readdirSync(path) : [];
  isWithoutLeak({ openFileCount: openFilesBelow(path), heldLockCount: 0, names });
  const isThere = what === "export" ? names.includes(what) : names.length > 0;
  if (isThere) throw new OracleViolation("8 no leak", `a refused ${what} has left ${names}`);
}

function segmentsOf(store: string): Files {
  return Object.fromEntries(Object.entries(readFiles(store)).filter(([name]) => name.endsWith(".dwal")));
}
