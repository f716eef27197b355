// The write-ahead log of a state machine of your own: first the log, then the state; a snapshot now and then, and the head
// of the log goes.
import { existsSync, readFileSync } from "node:fs";
import { RecordLog } from "@datawal/record-log";
import { writeAtomic } from "@datawal/safeatomic";

/** The state machine: jobs, and what becomes of them. */
const jobs = new Map();
const apply = ({ id, state }) => (state === "done" ? jobs.delete(id) : jobs.set(id, state));
const decode = (payload) => JSON.parse(new TextDecoder().decode(payload));

let snapshotTxid = 0n;
if (existsSync("snapshot.json")) {
  const snapshot = JSON.parse(readFileSync("snapshot.json", "utf8"));
  for (const [id, state] of snapshot.jobs) jobs.set(id, state);
  snapshotTxid = BigInt(snapshot.txid);
}
const wal = await RecordLog.open("./wal", {
  replay: ({ txid, payload }) => {
    if (txid > snapshotTxid) apply(decode(payload));
  },
});

let lastTxid = snapshotTxid;
async function command(change) {
  lastTxid = wal.append(JSON.stringify(change)).txid;
  await wal.fsync();
  apply(change); // what has happened is in the log
}

async function snapshot() {
  await writeAtomic("snapshot.json", JSON.stringify({ jobs: [...jobs], txid: String(lastTxid) }));
  await wal.rotate(); // only sealed segments can go
  await wal.dropSegmentsBefore(wal.activeSegment);
}

await command({ id: "job-1", state: "queued" });
await command({ id: "job-1", state: "running" });
await command({ id: "job-2", state: "queued" });
await snapshot();
await command({ id: "job-1", state: "done" });
console.log([...jobs].join(" "), wal.segments.length);
await wal.close();

// Prints:
//   job-2,queued 2
