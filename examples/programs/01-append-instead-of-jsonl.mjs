// An event log: what one would append to a JSONL file, without torn lines, and durable when it is said to be.
import { RecordLog } from "@datawal/record-log";

const log = await RecordLog.open("./events");
const before = log.recoveryReport().recordsReplayed;
log.append(JSON.stringify({ event: "start", at: Date.now() }));
log.appendMany([JSON.stringify({ event: "work" }), JSON.stringify({ event: "stop" })]); // one write
await log.fsync(); // from here on a power cut does not lose them either

for (const { txid, payload } of log.scan())
  if (txid > before) console.log(JSON.parse(new TextDecoder().decode(payload)).event);
await log.close();

// Prints:
//   start
//   work
//   stop
