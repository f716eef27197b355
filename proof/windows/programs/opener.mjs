// Opens a store and tells how that ended: TOLD gets `held`, and the process holds on until GO is there; or the error.
import { existsSync, renameSync, writeFileSync } from "node:fs";
import { setTimeout } from "node:timers/promises";
import { DataWal } from "datawal";

const [store, told, go] = process.argv.slice(2);

/** At once: whoever waits for the file never reads half of it. */
function tell(text) {
  writeFileSync(`${told}.new`, text);
  renameSync(`${told}.new`, told);
}

try {
  const db = await DataWal.open(store);
  tell("held");
  while (!existsSync(go)) await setTimeout(20);
  db.put("by", String(process.pid));
  await db.close();
} catch (error) {
  tell(`${error.code}: ${error.message}`);
}
