// A backup while the writer writes: a verified copy, record for record, which opens like the store itself.
import { rmSync } from "node:fs";
import { DataWal, DataWalReader, snapshotTo, utf8, verifyLog } from "datawal";

const text = { key: utf8, value: utf8 };
rmSync("./backup", { recursive: true, force: true }); // it makes the directory itself, whole or not at all
const db = await DataWal.open("./live", text);
for (let n = 0; n < 1000; n++) db.put(`key ${n}`, "x".repeat(100));

const writing = setInterval(() => db.put("key 0", String(Date.now())), 0);
const { records } = await snapshotTo("./live", "./backup");
clearInterval(writing);

console.log(records >= 1000, (await verifyLog("./backup")).verdict);
const copy = await DataWalReader.open("./backup", text);
console.log(copy.size);
await copy.close();
await db.close();

// Prints:
//   true intact
//   1000
