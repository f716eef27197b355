import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import type { LogRecord } from "../../src/index.js";
import type { Files } from "./store-files.js";

const FIXTURES = new URL("../../../../proof/fixtures/", import.meta.url);

/** What the Rust reference sees in a golden store; see proof/fixtures/README.md. */
export interface FixtureFacts {
  records?: number;
  records_sha256?: string;
  report?: Record<string, number>;
  open_error?: string;
}

export const FIXTURE_FACTS: Record<string, FixtureFacts> = JSON.parse(
  readFileSync(new URL("manifest.json", FIXTURES), "utf8"),
);

/** The files of a golden store. */
export function fixtureFiles(store: string): Files {
  const directory = new URL(`${store}/`, FIXTURES);
  return Object.fromEntries(
    readdirSync(directory).map((name) => [name, new Uint8Array(readFileSync(new URL(name, directory)))]),
  );
}

/** The manifest's digest of records in scan order. */
export function recordsSha256(records: Iterable<LogRecord>): string {
  const hash = createHash("sha256");
  for (const { segment, offset, len, type, txid, key, payload } of records) {
    const [key64, payload64] = [key, payload].map((bytes) => Buffer.from(bytes).toString("base64"));
    hash.update(`${[segment, offset, len, type, txid, key64, payload64].join("/")}\n`);
  }
  return hash.digest("hex");
}
