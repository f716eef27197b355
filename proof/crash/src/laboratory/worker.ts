import { readFileSync, writeFileSync } from "node:fs";
import type { Layer, LayerResult } from "./layer.js";
import { findLayer } from "./layers.js";
import type { RunOptions } from "./options.js";

/** What one process tells the one that started it: numbers of states apart, since there may be a million. */
export interface WorkerResult extends Omit<LayerResult, "states"> {
  states: Float64Array | undefined;
  milliseconds: number;
}

/** Runs one slice of one layer and writes its result to files. */
export async function runWorker(layers: readonly Layer[], options: RunOptions): Promise<number> {
  const { seed, length, worker } = options;
  const { layer: name, slice, stopsAtFirst, first, resultPath } = worker!;
  const startMs = performance.now();
  const layer = findLayer(layers, name);
  const { states, ...result } = await layer.run({
    seed,
    length,
    case: undefined,
    slice,
    stopsAtFirst,
    first,
  });
  if (states) writeFileSync(`${resultPath}.states`, Float64Array.from(states));
  writeFileSync(
    resultPath,
    JSON.stringify({ ...result, hasStates: states !== undefined, milliseconds: performance.now() - startMs }),
  );
  return 0;
}

export function readResult(resultPath: string): WorkerResult {
  const { hasStates, ...result } = JSON.parse(readFileSync(resultPath, "utf8"));
  if (!hasStates) return { ...result, states: undefined };
  const bytes = readFileSync(`${resultPath}.states`);
  return {
    ...result,
    states: new Float64Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length)),
  };
}
