import { cpSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { segmentName } from "@datawal/record-log";
import { parseStoreName } from "@datawal/record-log/internal";

/** Names to contents. */
export type Files = ReadonlyMap<string, Buffer>;

/** What lies in a store's directory. */
export interface StoreFiles {
  /** The segments, by name, ascending. Links and directories are no segments. */
  segments: Files;
  /** The names of everything else, sorted. */
  others: string[];
}

export function readStoreFiles(dir: string): StoreFiles {
  const segments = new Map<string, Buffer>();
  const others: string[] = [];
  for (const entry of readdirSync(dir, { withFileTypes: true }).sort((a, b) => (a.name < b.name ? -1 : 1))) {
    const isSegment = entry.isFile() && parseStoreName(entry.name).kind === "segment";
    if (isSegment) segments.set(entry.name, readFileSync(join(dir, entry.name)));
    else others.push(entry.name);
  }
  return { segments, others };
}

/** Where two sets of files are not the same, or nothing. */
export function fileDifference(a: Files, b: Files): string | undefined {
  for (const name of new Set([...a.keys(), ...b.keys()])) {
    const [left, right] = [a.get(name), b.get(name)];
    if (left && right && left.equals(right)) continue;
    return `${name}: ${describe(left)} and ${describe(right)}${left && right ? `, first other byte at ${firstOther(left, right)}` : ""}`;
  }
  return undefined;
}

/** Copies a store; links stay links. */
export function copyStore(from: string, to: string): void {
  cpSync(from, to, { recursive: true, verbatimSymlinks: true });
}

export function segmentFile(dir: string, segment: number): string {
  return join(dir, segmentName(segment));
}

function describe(bytes: Buffer | undefined): string {
  return bytes ? `${bytes.length} bytes` : "missing";
}

function firstOther(a: Buffer, b: Buffer): number {
  const index = a.findIndex((byte, i) => byte !== b[i]);
  return index === -1 ? Math.min(a.length, b.length) : index;
}
