import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DataWal } from "../../../src/index.js";

export const VALUE = new Uint8Array(256);
export const KEYS = Array.from({ length: 1000 }, (_, number) =>
  new TextEncoder().encode(`key-${String(number).padStart(12, "0")}`),
);

/** On the real disk: what the simulated one allocates is its own. */
export function filledStore(): DataWal {
  const directory = mkdtempSync(join(tmpdir(), "datawal-heap-"));
  const store = DataWal.openSync(directory);
  process.on("exit", () => rmSync(directory, { recursive: true }));
  store.putMany(KEYS.map((key) => [key, VALUE]));
  return store;
}
