import { existsSync, readFileSync } from "node:fs";
import { RecordType } from "@datawal/format";
import { type OracleRecord, OracleViolation } from "@datawal/oracle";
import { DataWalReader } from "datawal";
import type { StoreHistory } from "./store-history.js";
import type { Statement } from "./writer/testimony.js";

type Publication = Extract<Statement, { kind: "publishing" | "published" }>;

/**
 * Checks every compaction and export that a writer has begun: all there with the state it was begun from, or not at
 * all; and there where it was said to be done.
 *
 * @param before What was said before the cut.
 * @param all What was said until the writer died.
 * @throws OracleViolation
 */
export function judgePublications(
  prefix: string,
  before: readonly Statement[],
  all: readonly Statement[],
  history: StoreHistory,
): void {
  for (const begun of all) {
    if (begun.kind !== "publishing") continue;
    const isDone = before.some(({ kind, ...facts }) => kind === "published" && isSame(facts, begun));
    judgePublication(`${prefix}-${begun.number}`, begun, isDone, history);
  }
}

function isSame(facts: object, { number }: Publication): boolean {
  return "number" in facts && facts.number === number;
}

function judgePublication(
  path: string,
  { what, number, records }: Publication,
  isDone: boolean,
  history: StoreHistory,
): void {
  const found = what === "compaction" ? readCompaction(path) : readExport(path);
  if (!found) {
    if (isDone) throw new OracleViolation("1 durable", `${what} ${number} was done, and is not there`);
    return;
  }
  const wanted = pairsAfter(history.whenSaid(records));
  const differs = [...new Set([...found.keys(), ...wanted.keys()])].find(
    (key) => found.get(key) !== wanted.get(key),
  );
  if (differs !== undefined)
    throw new OracleViolation(
      "2 prefix",
      `${what} ${number} has another value for ${JSON.stringify(differs)}`,
    );
}

/** Keys and values in base64. */
type Pairs = Map<string, string>;

function pairsAfter(appended: readonly OracleRecord[]): Pairs {
  const pairs: Pairs = new Map();
  for (const { type, key, payload } of appended) {
    if (type === RecordType.Put) pairs.set(base64(key), base64(payload));
    else pairs.delete(base64(key));
  }
  return pairs;
}

function readCompaction(path: string): Pairs | undefined {
  if (!existsSync(`${path}/00000001.dwal`)) return undefined;
  using reader = DataWalReader.openSync(path);
  if (reader.recoveryReport().tailTruncated !== 0)
    throw new OracleViolation("1 durable", `${path} was published with a damaged tail`);
  return new Map([...reader.entries()].map(([key, value]) => [base64(key), base64(value)]));
}

function readExport(path: string): Pairs | undefined {
  if (!existsSync(path)) return undefined;
  const lines = readFileSync(path, "utf8").split("\n").slice(0, -1);
  return new Map(
    lines.map((line) => {
      const { key_b64: key, value_b64: value } = JSON.parse(line) as { key_b64: string; value_b64: string };
      return [key, value];
    }),
  );
}

function base64(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString("base64");
}
