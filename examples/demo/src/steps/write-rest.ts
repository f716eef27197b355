import type { DataWal } from "datawal";
import type { Input } from "../input/input.js";
import { operationsOf } from "../input/source.js";
import { counted, type Story } from "../story.js";

/** Goes on where the killed process stopped, to the end of the input. */
export async function writeRest(
  db: DataWal,
  input: Input,
  alreadyThere: number,
  story: Story,
): Promise<void> {
  let index = 0;
  for await (const { key, value } of operationsOf(input.source)) {
    if (index++ >= alreadyThere) db.put(key, value);
  }
  await db.fsync();
  await db.close();
  story.say(`We append the other ${counted(input.operations - alreadyThere, "record")}, fsync, and close.`);
}
