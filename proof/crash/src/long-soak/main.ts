// `pnpm soak`: one store, written for a time, watched for what grows.
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { bundleProgram } from "../layers/power-cut/machine/child-program.js";
import { LongSoak } from "./long-soak.js";
import { describeTrend, isTooSteep, type Row, trendsOf } from "./metrics.js";
import { csvOf, svgOf } from "./picture.js";

const { values } = parseArgs({
  options: {
    minutes: { type: "string", default: "30" },
    seed: { type: "string", default: "1" },
    out: { type: "string", default: "soak" },
    plant: { type: "boolean", default: false },
  },
});
const seconds = Number(values.minutes) * 60;
// In memory where that can be: a kill loses nothing that the kernel has, and syncs cost nothing.
const directory = mkdtempSync(join(existsSync("/dev/shm") ? "/dev/shm" : tmpdir(), "datawal-soak-"));

function progress({ elapsed, life, steps, heapBytes, rssBytes, descriptors, p99Us }: Row): void {
  if (!process.stderr.isTTY) return;
  const mib = (bytes: number) => `${(bytes / 1024 / 1024).toFixed(1)} MiB`;
  process.stderr.write(
    `\r\x1b[K${elapsed.toFixed(0)} of ${seconds} s, life ${life}, ${steps} steps, heap ${mib(heapBytes)}, RSS ${mib(rssBytes)}, ${descriptors} descriptors, p99 ${p99Us.toFixed(0)} us`,
  );
}

try {
  const program = await bundleProgram("layers/soak/soak-writer.ts", "long-soak-writer");
  const plant = values.plant ? "leaks-memory" : "none";
  const soak = new LongSoak(directory, program, { seconds, seed: Number(values.seed), plant }, progress);
  const { rows, problem, steps, kills, swaps, compactions } = await soak.run();
  const trends = trendsOf(rows);
  const steep = trends.filter(isTooSteep);
  const unknown = trends.filter(({ slope }) => slope === undefined);
  const reasons = [...(problem === undefined ? [] : [problem]), ...[...steep, ...unknown].map(describeTrend)];
  const done = `${steps} steps, ${compactions} compactions, ${kills} kills, ${swaps} swaps, ${rows.length} samples`;
  const verdict =
    reasons.length === 0 ? `soak: passed: ${done}` : `soak: FAILED: ${reasons.join("; ")}; ${done}`;
  mkdirSync(values.out, { recursive: true });
  writeFileSync(join(values.out, "soak.csv"), csvOf(rows));
  writeFileSync(join(values.out, "soak.svg"), svgOf(rows, verdict));
  if (process.stderr.isTTY) process.stderr.write("\r\x1b[K");
  for (const trend of trends) console.log(describeTrend(trend));
  console.log(`${join(values.out, "soak.csv")}, ${join(values.out, "soak.svg")}`);
  console.log(verdict);
  process.exitCode = reasons.length === 0 ? 0 : 1;
} finally {
  rmSync(directory, { recursive: true, force: true });
}
