import { fail, ok } from "node:assert/strict";
import { join } from "node:path";
import { readFully } from "../../read-fully.js";
import type { ConformanceDisk } from "./facts.js";

/** The path of a name in the test's directory. */
export function at(disk: ConformanceDisk, name: string): string {
  return join(disk.directory, name);
}

/** Makes a file with this text; returns its path. */
export function makeFile(disk: ConformanceDisk, name: string, text = name): string {
  const path = at(disk, name);
  const file = disk.fileSystem.open(path, "create");
  const bytes = new TextEncoder().encode(text);
  file.append(bytes, 0, bytes.length);
  file.close();
  return path;
}

export function makeDirectory(disk: ConformanceDisk, name: string): string {
  const path = at(disk, name);
  disk.fileSystem.makeDirectory(path);
  return path;
}

export function textOf(disk: ConformanceDisk, path: string): string {
  const file = disk.fileSystem.open(path, "read");
  const bytes = new Uint8Array(file.stat().size);
  const count = readFully(file, bytes, 0, bytes.length, 0);
  file.close();
  return new TextDecoder().decode(bytes.subarray(0, count));
}

/** Asserts that the call fails with one of these codes. */
export async function failsWith(codes: string | string[], call: () => unknown): Promise<void> {
  try {
    await call();
  } catch (error) {
    const code =
      typeof error === "object" && error !== null && "code" in error ? String(error.code) : undefined;
    ok(code !== undefined && [codes].flat().includes(code), `expected ${codes}, got ${String(error)}`);
    return;
  }
  fail(`expected ${codes}, but the call succeeded`);
}
