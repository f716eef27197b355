// What a writer's look at its segment costs before a sync is answered (disk-rules R19), held against the sync itself:
// `node bench/file-look.mjs [--dir DIRECTORY]`. The two take turns, so that both meet the same machine; medians. The raw
// figures go to results/file-look.json.
import { closeSync, fsyncSync, mkdtempSync, openSync, rmSync, writeFileSync, writeSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { nodeFileSystem } from "../packages/safeatomic/dist/index.js";
import { describeEnvironment } from "./src/environment.mjs";

const ROUNDS = 41;
const SYNCS_A_ROUND = 50;
const LOOKS_A_ROUND = 2000;

const { values } = parseArgs({
  options: { dir: { type: "string", default: join(import.meta.dirname, "..") } },
});
const directory = mkdtempSync(join(values.dir, "file-look-"));
const path = join(directory, "00000001.dwal");
const descriptor = openSync(path, "ax+");
const record = new Uint8Array(284);

const sync = () => {
  writeSync(descriptor, record);
  fsyncSync(descriptor);
};
const look = () => nodeFileSystem.stat(path);

/** Microseconds a call. */
function timed(count, call) {
  const start = performance.now();
  for (let index = 0; index < count; index++) call();
  return ((performance.now() - start) * 1000) / count;
}

const median = (numbers) => numbers.toSorted((a, b) => a - b)[numbers.length >> 1];

try {
  timed(LOOKS_A_ROUND * 5, look);
  const environment = describeEnvironment(directory);
  const rounds = Array.from({ length: ROUNDS }, () => ({
    syncMicros: timed(SYNCS_A_ROUND, sync),
    lookMicros: timed(LOOKS_A_ROUND, look),
  }));
  const syncMicros = median(rounds.map((round) => round.syncMicros));
  const lookMicros = median(rounds.map((round) => round.lookMicros));
  const result = { environment, syncMicros, lookMicros, percent: (100 * lookMicros) / syncMicros, rounds };
  writeFileSync(
    join(import.meta.dirname, "results/file-look.json"),
    `${JSON.stringify(result, undefined, 1)}\n`,
  );
  const { percent } = result;
  process.stdout.write(
    `fsync ${syncMicros.toFixed(1)} µs, look ${lookMicros.toFixed(2)} µs: ${percent.toFixed(2)} %\n`,
  );
} finally {
  closeSync(descriptor);
  rmSync(directory, { recursive: true });
}
