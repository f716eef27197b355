// The child process: for each message it puts a group of records, fsyncs, and tells how many are durable.
import { on } from "node:events";
import { DataWal } from "datawal";
import { type KeyChoice, operationsOf } from "./input/operations.js";
import { STORE } from "./paths.js";

process.on("uncaughtException", ({ message }) => {
  console.error(`writer: ${message}`);
  process.exit(1);
});
// Without the demo there is nobody to write for.
process.on("disconnect", () => process.exit());

const [keys, groupSize, segmentBytesMax] = process.argv.slice(2);
const messages = on(process, "message");
const db = await DataWal.open(STORE, { segmentBytesMax: Number(segmentBytesMax) });
const operations = operationsOf(keys as KeyChoice);
let count = 0;
for await (const _ of messages) {
  for (let left = Number(groupSize); left > 0; left--) {
    const { done, value } = await operations.next();
    if (done) break;
    db.put(value.key, value.value);
    count++;
  }
  await db.fsync();
  process.send!(count);
}
