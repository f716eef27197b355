// One of several that open the same store again and again. Only who holds it makes the file INSIDE, and takes it away;
// who finds it made has caught another one inside. Prints how often it was in.
import { closeSync, openSync, rmSync } from "node:fs";
import { DataWal } from "datawal";

const [store, inside, roundsText] = process.argv.slice(2);
let count = 0;
for (let round = 0; round < Number(roundsText); round++) {
  let db;
  try {
    db = DataWal.openSync(store);
  } catch (error) {
    if (error.code !== "ERR_DATAWAL_LOCKED") throw error;
    continue;
  }
  closeSync(openSync(inside, "wx"));
  const before = Number(Buffer.from(db.get("count") ?? "0").toString());
  db.put("count", String(before + 1));
  count++;
  rmSync(inside);
  db.closeSync();
}
console.log(count);
