import { openSync, readFileSync, writeSync } from "node:fs";

/**
 * What a writer says: `opened`: the store is open and holds so many records, all durable; or, where it is compacted,
 * these pairs, from which on records are counted. `durable`: so many records of it are. `handing`: so many it will have
 * when what is being appended is, a group perhaps (of stores that are compacted). `compacting` and `compacted`: a compaction in place begins, and has ended. `publishing` and `published`: the target of that number is being made, and is made, from the state after
 * so many records. `resting`: nothing more comes. `failed`: the store refused.
 */
export type Statement =
  | { kind: "opening" | "compacting" | "compacted" | "resting" }
  | { kind: "opened"; records: number; pairs?: string | undefined }
  | { kind: "durable"; records: number }
  | { kind: "handing"; records: number; isGroup: boolean }
  | { kind: "publishing" | "published"; what: "compaction" | "export"; number: number; records: number }
  | { kind: "failed"; error: string };

/** Says one thing after the other, each by one write. */
export class Witness {
  readonly #descriptor: number;

  constructor(path: string) {
    this.#descriptor = openSync(path, "a");
  }

  say(statement: Statement): void {
    writeSync(this.#descriptor, `${JSON.stringify(statement)}\n`);
  }
}

/** @param byteCount Only what was said in these first bytes. */
export function readTestimony(path: string, byteCount = Number.POSITIVE_INFINITY): Statement[] {
  const text = readFileSync(path).subarray(0, byteCount).toString();
  return text
    .slice(0, text.lastIndexOf("\n") + 1)
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line) as Statement);
}
