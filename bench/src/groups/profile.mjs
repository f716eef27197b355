import { mkdirSync, readdirSync, readFileSync } from "node:fs";
import { basename, join } from "node:path";
import { fillStores } from "./stores.mjs";

const FUNCTIONS_SHOWN = 12;

/** Where each microsecond goes, by V8's sampling profiler. */
export function profile(bench) {
  const keys = bench.sizes.passKeys;
  const places = fillStores(bench, ["datawal"], { keys, valueBytes: 256 });
  const times = { warmup: keys >> 2, count: keys };
  const jobs = {
    append: { valueBytes: 256, ...times },
    put: { valueBytes: 256, keys: 2 * keys, ...times },
    get: { valueBytes: 256, keys, ...times, ...places.datawal },
    open: places.datawal,
  };
  for (const [operation, job] of Object.entries(jobs)) profileOne(bench, operation, job);
  bench.discard(places.datawal.directory);
}

function profileOne(bench, operation, job) {
  const folder = bench.path(`profile-${operation}`);
  mkdirSync(folder);
  const directory = join(folder, "store");
  const flags = ["--cpu-prof", `--cpu-prof-dir=${folder}`, "--cpu-prof-interval=100"];
  const measurement = bench.run("datawal", operation, { directory, ...job }, flags);
  const file = readdirSync(folder).find((name) => name.endsWith(".cpuprofile"));
  const functions = selfTimes(JSON.parse(readFileSync(join(folder, file), "utf8"))).slice(0, FUNCTIONS_SHOWN);
  bench.record(
    { id: `profile-${operation}`, title: `profile of ${operation}`, unit: "µs while profiled" },
    { datawal: [{ ...measurement, functions }] },
  );
  for (const { share, name } of functions)
    process.stdout.write(`    ${(100 * share).toFixed(1).padStart(5)} %  ${name}\n`);
  bench.discard(folder);
}

/** Each function's own share of the time that was not idle, the largest first. */
function selfTimes({ nodes, samples, timeDeltas }) {
  const names = new Map(nodes.map(({ id, callFrame }) => [id, nameOf(callFrame)]));
  const byName = new Map();
  let total = 0;
  samples.forEach((id, index) => {
    const name = names.get(id);
    if (name === "(idle)" || name === "(program)") return;
    total += timeDeltas[index];
    byName.set(name, (byName.get(name) ?? 0) + timeDeltas[index]);
  });
  return [...byName]
    .map(([name, micros]) => ({ name, share: micros / total }))
    .sort((a, b) => b.share - a.share);
}

function nameOf({ functionName, url, lineNumber }) {
  const name = functionName || "(anonymous)";
  if (!url) return name;
  const place = url.startsWith("node:") ? url : `${packageOf(url)}${basename(url)}:${lineNumber + 1}`;
  return `${name}  ${place}`;
}

function packageOf(url) {
  const found = url.match(/packages\/([^/]+)\//);
  return found ? `${found[1]}/` : "";
}
