// A store that the Rust crate `datawal` wrote is opened as it is, and the crate opens what is written here. The bytes below
// are its own.
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { DataWal, utf8, verifyLog } from "datawal";

const PUT = "4457414c010001002a000000000000000500000007000000616c70686176616c75652d31268d5f6b";
rmSync("./of-rust", { recursive: true, force: true });
mkdirSync("./of-rust");
writeFileSync("./of-rust/00000001.dwal", Buffer.from(PUT, "hex"));

console.log((await verifyLog("./of-rust")).verdict); // before anything writes
const db = await DataWal.open("./of-rust", { key: utf8, value: utf8 });
db.put("beta", "value-2");
console.log(db.get("alpha"), db.size);
await db.close();

// Prints:
//   intact
//   value-1 2
