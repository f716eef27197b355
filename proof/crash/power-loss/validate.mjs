// Holds a store, as a power cut has left it, against what was acknowledged.
//
//     node proof/crash/power-loss/validate.mjs --work-dir STORE --oracle FILE [--sample N] [--seed N] [--key-len N] [--value-len N]
//
// Exit codes: 0 nothing is missing, 1 something is, or is wrong, 2 it could not begin. Seed and lengths are the workload's: with
// them operations that were under way, durable and not yet acknowledged, are known for what they are.
import { existsSync, readFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { DataWal, RecordLog } from "datawal";
import { numberIn, operationAt, PLAN_OPTIONS, planOf } from "./operations.mjs";

/** Acknowledgements that may have been under way when the power went. */
const UNTOLD_MAX = 10_000;

const { values } = parseArgs({
  options: {
    "work-dir": { type: "string" },
    oracle: { type: "string" },
    sample: { type: "string", default: "5" },
    ...PLAN_OPTIONS,
  },
});
let plan;
let sample;
let acknowledged;
try {
  plan = planOf(values);
  sample = numberIn(values, "sample", 0, 1_000);
  if (!existsSync(values["work-dir"] ?? "")) throw new Error(`no store at ${values["work-dir"]}`);
  acknowledged = operationsIn(readFileSync(values.oracle ?? "", "latin1"));
} catch (error) {
  console.error(`validate: ${error.message}`);
  process.exit(2);
}
try {
  process.exitCode = validate() ? 0 : 1;
} catch (error) {
  console.error(`FAILED ${error.stack}`);
  process.exitCode = 1;
}

/** Whole lines; the last may have been cut. */
function operationsIn(text) {
  return text
    .slice(0, text.lastIndexOf("\n") + 1)
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => {
      const { op, seq, key, payload } = JSON.parse(line);
      return { op, seq, key, payload };
    });
}

function validate() {
  const found = pairsFound();
  const oracle = new Map();
  const dead = new Set();
  for (const operation of acknowledged) apply(oracle, dead, operation);
  const untold = untoldUntil(found, new Map(oracle));
  const lines = differences(found, oracle);
  const { dropped, wrong, extras } = count(lines);
  const isRight = untold !== undefined;
  const missing = isRight ? 0 : dropped + wrong;
  for (const { key, what } of isRight ? [] : lines.slice(0, sample)) console.log(`key ${key}: ${what}`);
  const survived = oracle.size - dropped - wrong;
  const facts = `observed_live=${found.size} oracle_live=${oracle.size} survived=${survived} dropped=${dropped} oracle_dead=${dead.size} (extras=${isRight ? 0 : extras})`;
  console.log(
    `${isRight ? "OK" : "FAILED"} ${facts} missing=${missing} untold=${untold ?? 0} acknowledged=${acknowledged.length}`,
  );
  return isRight;
}

function pairsFound() {
  const log = RecordLog.openSync(values["work-dir"], { create: false });
  const report = log.recoveryReport();
  log.closeSync();
  console.log(
    `report ${JSON.stringify(report, (_, value) => (typeof value === "bigint" ? String(value) : value))}`,
  );
  if (report.midStreamErrors > 0) throw new Error(`${report.midStreamErrors} errors within the log`);
  const store = DataWal.openSync(values["work-dir"], { create: false });
  const pairs = new Map([...store].map(([key, value]) => [base64(key), base64(value)]));
  store.closeSync();
  return pairs;
}

/** How many operations behind the last acknowledged one are there, too; nothing where no number of them explains what is. */
function untoldUntil(found, state) {
  const first = (acknowledged.at(-1)?.seq ?? -1) + 1;
  const differing = new Set(differences(found, state).map(({ key }) => key));
  for (let count = 0; count <= UNTOLD_MAX; count++) {
    if (differing.size === 0) return count;
    const { op, key, payload } = operationAt(plan, first + count);
    const name = base64(key);
    apply(state, new Set(), { op, key: name, payload: payload && base64(payload) });
    if (found.get(name) === state.get(name)) differing.delete(name);
    else differing.add(name);
  }
  return undefined;
}

function apply(state, dead, { op, key, payload }) {
  if (op === "put") {
    state.set(key, payload);
    dead.delete(key);
  } else if (state.delete(key)) dead.add(key);
}

function differences(found, oracle) {
  const lost = [...oracle].flatMap(([key, value]) => {
    if (!found.has(key)) return [{ key, what: "dropped" }];
    return found.get(key) === value
      ? []
      : [{ key, what: "has another value than the last one acknowledged" }];
  });
  const extras = [...found.keys()].filter((key) => !oracle.has(key)).map((key) => ({ key, what: "extra" }));
  return [...lost, ...extras];
}

function count(lines) {
  const of = (isOne) => lines.filter(isOne).length;
  return {
    dropped: of(({ what }) => what === "dropped"),
    extras: of(({ what }) => what === "extra"),
    wrong: of(({ what }) => what !== "dropped" && what !== "extra"),
  };
}

function base64(bytes) {
  return Buffer.from(bytes).toString("base64");
}
