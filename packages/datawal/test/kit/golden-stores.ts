import { createHash } from "node:crypto";
import { cpSync, mkdtempSync, readFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const FIXTURES = fileURLToPath(new URL("../../../../proof/fixtures/", import.meta.url));

/** What the Rust reference says about a store; see proof/fixtures/README.md. */
export interface GoldenStore {
  open_error?: string;
  live_keys: number;
  live_pairs_sha256: string;
  export_bytes: number;
  export_sha256: string;
  compact_bytes: number;
  compact_sha256: string;
}

export const manifest: Record<string, GoldenStore> = JSON.parse(
  readFileSync(join(FIXTURES, "manifest.json"), "utf8"),
);

export function sha256(data: Uint8Array | string): string {
  return createHash("sha256").update(data).digest("hex");
}

/** A directory of its own with a copy of a golden store in it, as `store`. */
export function copyGoldenStore(name: string): { directory: string; store: string } {
  const directory = mkdtempSync(join(tmpdir(), "datawal-"));
  cpSync(join(FIXTURES, name), join(directory, "store"), { recursive: true });
  return { directory, store: join(directory, "store") };
}
