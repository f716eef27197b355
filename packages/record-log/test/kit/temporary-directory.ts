import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** Calls `use` with a directory of the real disk, which is removed afterwards. */
export function inTemporaryDirectory<T>(use: (directory: string) => T): T {
  const directory = mkdtempSync(join(tmpdir(), "datawal-"));
  try {
    return use(directory);
  } finally {
    rmSync(directory, { recursive: true });
  }
}
