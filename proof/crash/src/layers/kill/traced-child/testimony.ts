import { closeSync, openSync, readFileSync, writeSync } from "node:fs";

/** One thing that a child says, at once and before it goes on; counts are of the store's records, from the first. */
export type Statement =
  | { kind: "opening" }
  | { kind: "opened"; warnings: string[] }
  /** The call that is about to be made hands over records up to this many. */
  | { kind: "handed"; count: number }
  /** The call has returned: the kernel holds this many. */
  | { kind: "returned"; count: number }
  /** A sync that covers this many has returned. */
  | { kind: "durable"; count: number }
  /** A copy or an export is complete, and durable. */
  | { kind: "published"; name: string }
  | { kind: "failed"; code: string; message: string; cause: string }
  /** A poisoned handle has taken a write all the same. */
  | { kind: "written-though-poisoned" }
  /** What is open and locked below the child's directory when all handles are closed. */
  | { kind: "left"; openFileCount: number; heldLockCount: number }
  | { kind: "ended" };

/** Writes statements to a file outside of everything that is traced: what it has said outlives a kill. */
export class Witness {
  readonly #descriptor: number;

  constructor(path: string) {
    this.#descriptor = openSync(path, "a");
  }

  say(statement: Statement): void {
    writeSync(this.#descriptor, `${JSON.stringify(statement)}\n`);
  }

  end(): void {
    this.say({ kind: "ended" });
    closeSync(this.#descriptor);
  }
}

/** All that a child has said, however it ended. */
export interface Testimony {
  isOpening: boolean;
  isOpened: boolean;
  /** The kinds of the warnings in open's report. */
  warnings: string[];
  /** Records that may be there at most. */
  handed: number;
  /** Records that the kernel holds: no kill may take them. */
  returned: number;
  /** Records that a sync has covered. */
  durable: number;
  published: string[];
  failures: Extract<Statement, { kind: "failed" }>[];
  isWrittenThoughPoisoned: boolean;
  left: Extract<Statement, { kind: "left" }> | undefined;
  isEnded: boolean;
}

/** @param existingCount records that were in the store, durable, before the child began. */
export function readTestimony(path: string, existingCount: number): Testimony {
  const lines = readFileSync(path, "utf8").split("\n").slice(0, -1);
  return sumUp(
    lines.map((line) => JSON.parse(line)),
    existingCount,
  );
}

export function sumUp(statements: readonly Statement[], existingCount: number): Testimony {
  const said = <Kind extends Statement["kind"]>(kind: Kind) =>
    statements.filter((each): each is Extract<Statement, { kind: Kind }> => each.kind === kind);
  const last = (kind: "handed" | "returned" | "durable") => said(kind).at(-1)?.count ?? existingCount;
  return {
    isOpening: said("opening").length > 0,
    isOpened: said("opened").length > 0,
    warnings: said("opened").flatMap(({ warnings }) => warnings),
    handed: last("handed"),
    returned: last("returned"),
    durable: last("durable"),
    published: said("published").map(({ name }) => name),
    failures: said("failed"),
    isWrittenThoughPoisoned: said("written-though-poisoned").length > 0,
    left: said("left").at(-1),
    isEnded: said("ended").length > 0,
  };
}

/** Whether anything was acknowledged. */
export function hasAcknowledged({ returned, published }: Testimony, existingCount: number): boolean {
  return returned > existingCount || published.length > 0;
}

/** One line for a story. */
export function describeTestimony(testimony: Testimony): string {
  const { isOpening, isOpened, warnings, handed, returned, durable, published, failures } = testimony;
  const parts = [
    isOpened
      ? `opened${warnings.map((kind) => `, warned of ${kind}`).join("")}`
      : isOpening
        ? "not opened"
        : "not begun",
    `${handed} records handed over, ${returned} returned, ${durable} durable`,
    ...published.map((name) => `${name} published`),
    ...failures.map(({ code, cause }) => `failed with ${code}${cause ? ` (${cause})` : ""}`),
  ];
  return parts.join("; ");
}
