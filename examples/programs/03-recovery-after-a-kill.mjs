// A process is killed while it writes; whoever opens the store next finds every write that had returned.
import { spawn } from "node:child_process";
import { appendFileSync, writeSync } from "node:fs";
import { DataWal, utf8 } from "datawal";

if (process.argv[2] === "writer") {
  const db = await DataWal.open("./counters", { key: utf8, value: utf8 });
  for (let n = Number(db.get("n") ?? 0) + 1; ; n++) {
    db.put("n", String(n));
    writeSync(1, `${n}\n`); // told only once it is written
  }
}

const writer = spawn(process.execPath, [process.argv[1], "writer"], { stdio: ["ignore", "pipe", "inherit"] });
let told = "";
for await (const chunk of writer.stdout) {
  told += chunk;
  if (told.length > 10_000) writer.kill("SIGKILL");
}
const lastTold = Number(told.split("\n").at(-2));
// A kill leaves whole records; half a one, as a power cut may leave it, is put here by hand.
appendFileSync("./counters/00000001.dwal", "DWAL\u0001\u0000\u0001");

const db = await DataWal.open("./counters", { key: utf8, value: utf8 });
const { tailTruncated, tailBytesDiscarded } = db.recoveryReport();
console.log(Number(db.get("n")) >= lastTold ? "nothing that was told is lost" : "lost");
console.log(`${tailTruncated} torn tail of ${tailBytesDiscarded} bytes cut off, and kept in a file`);
await db.close();

// Prints:
//   nothing that was told is lost
//   1 torn tail of 7 bytes cut off, and kept in a file
