import fc from "fast-check";
import { anyHardKey } from "./key.js";
import { anyPayload } from "./payload.js";
import { anyRecord, type GeneratedRecord } from "./record.js";

/** What a writer hands to a log: a record whose txid the log gives. */
export type LogInput = Omit<GeneratedRecord, "txid">;

/** What a writer changes in a store of pairs. */
export type PairChange =
  | { readonly type: "put"; readonly key: Uint8Array; readonly value: Uint8Array }
  | { readonly type: "delete"; readonly key: Uint8Array };

/**
 * How a process ends without a word: killed, or with the power cut.
 *
 * `choice` picks one of the states that a power cut may leave.
 */
export interface Crash {
  readonly do: "crash";
  readonly how: "kill" | "power cut";
  readonly choice: number;
}

/** `look`: readers and followers beside the writer are held against it. `reopen` closes first. */
type Common = { readonly do: "fsync" | "rotate" | "reopen" | "look" } | Crash;

/** One thing that a program does to a log. `drop` drops all sealed segments. */
export type LogOperation =
  | Common
  | { readonly do: "append"; readonly record: LogInput }
  | { readonly do: "append many" | "append group"; readonly records: readonly LogInput[] }
  | { readonly do: "drop" };

/** One thing that a program does to a store of pairs. A `swap` replaces it by its compacted copy. */
export type StoreOperation =
  | Common
  | { readonly do: "change"; readonly change: PairChange }
  | { readonly do: "put many"; readonly pairs: readonly (readonly [Uint8Array, Uint8Array])[] }
  | { readonly do: "batch"; readonly changes: readonly PairChange[] }
  | { readonly do: "compact" | "swap" };

const OPERATIONS_MAX = 60;

const doing = <Kind extends string>(kind: Kind) => fc.record({ do: fc.constant(kind) });

function anyCrash(): fc.Arbitrary<Crash> {
  return fc.record({
    do: fc.constant("crash" as const),
    how: fc.constantFrom("kill" as const, "power cut" as const),
    choice: fc.nat(1_000),
  });
}

const common = (): fc.WeightedArbitrary<Common>[] => [
  { weight: 2, arbitrary: doing("fsync") },
  { weight: 1, arbitrary: doing("rotate") },
  { weight: 1, arbitrary: doing("reopen") },
  { weight: 2, arbitrary: doing("look") },
  { weight: 2, arbitrary: anyCrash() },
];

function anyLogInput(): fc.Arbitrary<LogInput> {
  return anyRecord().map(({ type, key, payload }) => ({ type, key, payload }));
}

/** An operation on a log; half of them append, so that the others find something. */
export function anyLogOperation(): fc.Arbitrary<LogOperation> {
  const records = fc.array(anyLogInput(), { maxLength: 5 });
  return fc.oneof<fc.WeightedArbitrary<LogOperation>[]>(
    {
      weight: 5,
      arbitrary: fc.record({ do: fc.constant("append" as const), record: anyLogInput() }),
    },
    { weight: 1, arbitrary: fc.record({ do: fc.constant("append many" as const), records }) },
    { weight: 2, arbitrary: fc.record({ do: fc.constant("append group" as const), records }) },
    { weight: 1, arbitrary: doing("drop") },
    ...common(),
  );
}

function anyChange(): fc.Arbitrary<PairChange> {
  const key = anyHardKey();
  return fc.oneof(
    { weight: 2, arbitrary: fc.record({ type: fc.constant("put" as const), key, value: anyPayload() }) },
    { weight: 1, arbitrary: fc.record({ type: fc.constant("delete" as const), key }) },
  );
}

/** An operation on a store of pairs; half of them change some. */
export function anyStoreOperation(): fc.Arbitrary<StoreOperation> {
  const pairs = fc.array(fc.tuple(anyHardKey(), anyPayload()), { maxLength: 5 });
  const changes = fc.array(anyChange(), { maxLength: 5 });
  return fc.oneof<fc.WeightedArbitrary<StoreOperation>[]>(
    { weight: 6, arbitrary: fc.record({ do: fc.constant("change" as const), change: anyChange() }) },
    { weight: 1, arbitrary: fc.record({ do: fc.constant("put many" as const), pairs }) },
    { weight: 2, arbitrary: fc.record({ do: fc.constant("batch" as const), changes }) },
    { weight: 2, arbitrary: doing("compact") },
    { weight: 1, arbitrary: doing("swap") },
    ...common(),
  );
}

/** A program: 0 to 60 operations in a row. */
export function anyLogOperations(): fc.Arbitrary<LogOperation[]> {
  return fc.array(anyLogOperation(), { maxLength: OPERATIONS_MAX, size: "max" });
}

/** A program: 0 to 60 operations in a row. */
export function anyStoreOperations(): fc.Arbitrary<StoreOperation[]> {
  return fc.array(anyStoreOperation(), { maxLength: OPERATIONS_MAX, size: "max" });
}
