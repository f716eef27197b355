import type { Operation } from "../operation.js";
import { earthquakeOperations } from "./earthquakes.js";
import { type KeyChoice, lineOperations } from "./line-operations.js";

/** Where operations come from, as text can carry it to the child process. Both sides read the same bytes from there. */
export type Source = { kind: "earthquakes" } | { kind: "lines"; path: string; keys: KeyChoice };

/** The operations of a source, in order, the same ones every time. */
export function operationsOf(source: Source): Iterable<Operation> | AsyncIterable<Operation> {
  return source.kind === "earthquakes" ? earthquakeOperations() : lineOperations(source.path, source.keys);
}
