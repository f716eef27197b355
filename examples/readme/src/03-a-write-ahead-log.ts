import { existsSync, readFileSync } from "node:fs";
import { RecordLog } from "@datawal/record-log";
import { writeAtomic } from "@datawal/safeatomic";

let counter = 0;
let appliedTxid = 0n;
if (existsSync("snapshot.json")) {
  const snapshot = JSON.parse(readFileSync("snapshot.json", "utf8"));
  counter = snapshot.counter;
  appliedTxid = BigInt(snapshot.txid);
}

await using log = await RecordLog.open("./wal", {
  replay: (record) => {
    if (record.txid > appliedTxid) counter += Number(new TextDecoder().decode(record.payload));
  },
});

const at = log.append("5");
await log.fsync();
counter += 5;

// From time to time: what the snapshot holds need not be replayed. Only sealed segments can go, so rotate first.
await writeAtomic("snapshot.json", JSON.stringify({ counter, txid: String(at.txid) }));
await log.rotate();
await log.dropSegmentsBefore(log.activeSegment);
console.log(counter, log.segments.length);
