// One process that writes until it is killed at a call of the port: it first looks whether the store still has all that
// was acknowledged by those before it. Ends with 0 where it came to the end alive, 3 where something is missing.
import { appendFileSync, existsSync, readFileSync } from "node:fs";
import { nodeFileSystem } from "@datawal/safeatomic";
import { withFaults } from "@datawal/safeatomic/testing";
import { DataWal } from "datawal";

const [store, acknowledged, seedText, callsText] = process.argv.slice(2);

/** A small generator of whole numbers below a bound (mulberry32). */
let state = Number(seedText);
function below(bound) {
  state = (state + 0x6d2b79f5) | 0;
  let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
  mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
  return ((mixed ^ (mixed >>> 14)) >>> 0) % bound;
}

let callsLeft = Number(callsText);
// On Windows this is TerminateProcess: nothing of this process runs behind it.
const fileSystem = withFaults(nodeFileSystem, () => {
  if (callsLeft-- === 0) process.kill(process.pid, "SIGKILL");
});

const lines = existsSync(acknowledged) ? readFileSync(acknowledged, "utf8").split("\n").slice(0, -1) : [];
/** By key, the newest number that was acknowledged. */
const newest = new Map(lines.map((line) => line.split(" ")).map(([key, number]) => [key, Number(number)]));
let number = Math.max(0, ...newest.values(), Number(lines.at(-1)?.split(" ")[1] ?? 0));

const db = await DataWal.open(store, { fileSystem, segmentBytesMax: 4096 });
const numberOf = (key) => {
  const value = db.get(key);
  return value === undefined ? -1 : Number(Buffer.from(value).toString().trim());
};
for (const [key, least] of newest) {
  if (numberOf(key) >= least) continue;
  appendFileSync(`${acknowledged}.lost`, `${key}: acknowledged ${least}, found ${numberOf(key)}\n`);
  process.exit(3);
}
// What was written and not acknowledged counts from here on: a later number never falls behind it.
for (const key of db.keys()) number = Math.max(number, numberOf(Buffer.from(key).toString()));

const acknowledge = (pairs) =>
  appendFileSync(acknowledged, pairs.map(([key, n]) => `${key} ${n}\n`).join(""));
const pair = () => [`k${below(20)}`, ++number];
const text = (n) => `${n}${" ".repeat(below(300))}`;

const steps = [
  () => {
    const [key, n] = pair();
    db.put(key, text(n));
    acknowledge([[key, n]]);
  },
  () => {
    const pairs = Array.from({ length: 4 }, pair);
    db.batch(pairs.map(([key, n]) => ({ type: "put", key, value: text(n) })));
    acknowledge(pairs);
  },
  () => db.fsync(),
  () => db.rotate(),
  () => db.compact(),
];

for (let step = 0; step < 60; step++) await steps[below(10) < 6 ? below(2) : below(steps.length)]();
await db.close();
