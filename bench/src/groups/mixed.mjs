import { mixedTable } from "../report/mixed-table.mjs";

const PEERS = ["lmdb", "classic-level", "better-sqlite3"];

/** A service's day: 50 % get, 40 % put, 5 % delete, 5 % sync, by 64 callers; ours compacts itself meanwhile. */
export function mixed(bench) {
  const { seconds } = bench.options;
  const job = { keys: bench.sizes.mixedKeys, valueBytes: 256, seconds };
  const contenders = ["datawal", ...PEERS].map((label) => [label, { operation: "mixed", job }]);
  const title = `gets, puts, deletes and syncs of 64 callers, ${job.keys.toLocaleString("en-US")} keys, ${seconds} s`;
  const measured = bench.measure(
    { id: "mixed", title, unit: "µs an operation" },
    Object.fromEntries(contenders),
  );
  process.stdout.write(`\n${mixedTable([measured])}\n`);
}
