// Writes a store, syncs each operation, and then tells somewhere else that it is acknowledged: until the power is cut.
//
//     node proof/crash/power-loss/workload.mjs --work-dir STORE --oracle FILE|HOST:PORT [--ops N] [--duration SECONDS]
//         [--seed N] [--key-len N] [--value-len N]
//
// --without-sync acknowledges what it has not synced, to see that the validator notices. FILE must lie on another disk than STORE, and be synced there; at HOST:PORT acknowledgements.mjs listens on another machine.
// Exit codes: 0 all was done, 1 an operation failed, 2 it could not begin.
import { closeSync, fdatasyncSync, openSync, writeSync } from "node:fs";
import { connect } from "node:net";
import { parseArgs } from "node:util";
import { DataWal } from "datawal";
import { numberIn, operationAt, oracleLine, PLAN_OPTIONS, planOf } from "./operations.mjs";

const { store, tell, end, plan, opsMax, durationMs, isWithoutSync } = await prepared().catch((error) => {
  console.error(`workload: ${error.message}`);
  process.exit(2);
});
const endMs = performance.now() + durationMs;
let seq = 0;
try {
  for (; seq < opsMax && performance.now() < endMs; seq++) {
    const operation = operationAt(plan, seq);
    if (operation.op === "put") store.put(operation.key, operation.payload);
    else store.delete(operation.key);
    if (!isWithoutSync) await store.fsync();
    await tell(oracleLine(operation));
  }
  await store.close();
  await end();
  console.log(`OK ops=${seq}`);
} catch (error) {
  console.error(`workload: operation ${seq} failed: ${error.stack}`);
  process.exit(1);
}

async function prepared() {
  const { values } = parseArgs({
    options: {
      "work-dir": { type: "string" },
      oracle: { type: "string" },
      ops: { type: "string", default: "0" },
      duration: { type: "string", default: "0" },
      "without-sync": { type: "boolean", default: false },
      ...PLAN_OPTIONS,
    },
  });
  if (!values["work-dir"] || !values.oracle) throw new Error("expected --work-dir and --oracle");
  const ops = numberIn(values, "ops", 0, Number.MAX_SAFE_INTEGER);
  const duration = numberIn(values, "duration", 0, 1_000_000);
  if (ops === 0 && duration === 0) throw new Error("expected --ops or --duration");
  const endless = Number.POSITIVE_INFINITY;
  return {
    plan: planOf(values),
    isWithoutSync: values["without-sync"],
    opsMax: ops || endless,
    durationMs: duration * 1_000 || endless,
    store: await DataWal.open(values["work-dir"]),
    ...(await witness(values.oracle)),
  };
}

/** Where acknowledgements go. */
async function witness(oracle) {
  const address = /^([^/]+):(\d+)$/.exec(oracle);
  if (!address) {
    const descriptor = openSync(oracle, "a");
    const tell = (line) => {
      writeSync(descriptor, line);
      fdatasyncSync(descriptor);
    };
    return { tell, end: () => closeSync(descriptor) };
  }
  const socket = connect({ host: address[1], port: Number(address[2]), noDelay: true });
  await new Promise((resolve, reject) => socket.once("connect", resolve).once("error", reject));
  // What has not gone out when the power goes was not acknowledged to anybody.
  return {
    tell: (line) =>
      new Promise((resolve, reject) => socket.write(line, (error) => (error ? reject(error) : resolve()))),
    end: () => new Promise((resolve) => socket.end(resolve)),
  };
}
