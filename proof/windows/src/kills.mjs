// Writers that are killed at random calls of the port, one behind another on the same stores: what was acknowledged to
// any of them, all later ones find.
import { existsSync, mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

/** Each starts a process: half a second. */
const KILLS = 200;
const STORES = 2;
/** A run of the writer makes about so many calls; those of its opening come first. */
const CALLS_MAX = 700;

/** @returns How many were killed; that each was where it could lose something is the draw's affair. */
export async function runKills(wine, copy, work, seed) {
  const chains = Array.from({ length: STORES }, (_, index) =>
    chain(wine, copy, join(work, `killed-${index}`), seed + index * 1_000_000, KILLS / STORES),
  );
  const ends = await Promise.all(chains);
  const killed = ends.reduce((sum, end) => sum + end.killed, 0);
  const acknowledged = ends.reduce((sum, end) => sum + end.acknowledged, 0);
  const failures = ends.flatMap((end) => end.failures);
  console.log(
    `kills: ${killed}, acknowledged: ${acknowledged} records, lost: ${failures.length} (seed ${seed})`,
  );
  return { passed: killed, failures };
}

async function chain(wine, copy, directory, seed, kills) {
  mkdirSync(directory);
  const store = join(directory, "store");
  const acknowledged = join(directory, "acknowledged");
  let killed = 0;
  for (let run = 0; killed < kills; run++) {
    const calls = drawn(seed + run, CALLS_MAX);
    const args = ["proof/windows/programs/writer.mjs", store, acknowledged, seed + run, calls].map(String);
    const { status, output } = await wine.node(args, { cwd: copy });
    // A process that was terminated says nothing; one that fails says why.
    if (status !== 0 && output === "" && !existsSync(`${acknowledged}.lost`)) {
      killed++;
      continue;
    }
    if (status === 0) continue;
    const why = existsSync(`${acknowledged}.lost`) ? readFileSync(`${acknowledged}.lost`, "utf8") : output;
    return { killed, acknowledged: 0, failures: [`writer ${args.slice(1).join(" ")}: ${why}`] };
  }
  return { killed, acknowledged: readFileSync(acknowledged, "utf8").split("\n").length - 1, failures: [] };
}

/** A whole number below the bound, the same for the same seed. */
function drawn(seed, bound) {
  const mixed = Math.imul(seed ^ (seed >>> 16), 0x45d9f3b);
  return (Math.imul(mixed ^ (mixed >>> 16), 0x45d9f3b) >>> 0) % bound;
}
