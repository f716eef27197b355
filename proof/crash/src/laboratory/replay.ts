import type { Layer } from "./layer.js";
import { findLayer } from "./layers.js";
import type { RunOptions } from "./options.js";

/** Runs one case again in this process and tells its story. */
export async function replay(layers: readonly Layer[], options: RunOptions): Promise<number> {
  const [name = ""] = options.layers;
  const layer = findLayer(layers, name);
  const { violations, cases } = await layer.run({
    seed: options.seed,
    length: options.length,
    case: options.case,
    slice: { index: 0, count: 1 },
    stopsAtFirst: true,
    first: "",
  });
  for (const { sentence, story } of violations) console.log(`${story}\nbroken: ${sentence}`);
  if (violations.length === 0) console.log(`${layer.name}, ${options.case}: holds, ${cases} cases`);
  return violations.length === 0 ? 0 : 1;
}
