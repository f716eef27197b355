import fc from "fast-check";
import { anyKey } from "./key.js";
import { anyPayload } from "./payload.js";

/** One thing that a program does to a store. `append` writes a Raw record; `reopen` closes first. */
export type Operation =
  | { readonly kind: "put"; readonly key: Uint8Array; readonly payload: Uint8Array }
  | { readonly kind: "delete"; readonly key: Uint8Array }
  | { readonly kind: "append"; readonly payload: Uint8Array }
  | { readonly kind: "fsync" }
  | { readonly kind: "rotate" }
  | { readonly kind: "reopen" };

/** An operation; half of them write a value, so that the others find something. */
export function anyOperation(): fc.Arbitrary<Operation> {
  return fc.oneof(
    { weight: 6, arbitrary: fc.record({ kind: fc.constant("put"), key: anyKey(), payload: anyPayload() }) },
    { weight: 2, arbitrary: fc.record({ kind: fc.constant("delete"), key: anyKey() }) },
    { weight: 1, arbitrary: fc.record({ kind: fc.constant("append"), payload: anyPayload() }) },
    { weight: 1, arbitrary: fc.record({ kind: fc.constant("fsync") }) },
    { weight: 1, arbitrary: fc.record({ kind: fc.constant("rotate") }) },
    { weight: 1, arbitrary: fc.record({ kind: fc.constant("reopen") }) },
  );
}

/** A program: 0 to 60 operations in a row. */
export function anyOperations(): fc.Arbitrary<Operation[]> {
  return fc.array(anyOperation(), { maxLength: 60, size: "max" });
}
