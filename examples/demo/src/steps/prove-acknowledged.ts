import type { DataWal } from "datawal";
import type { Input } from "../input/input.js";
import { Problem } from "../problem.js";
import { counted, number, type Story } from "../story.js";
import { compareWithInput } from "./compare-with-input.js";

/**
 * Proves that nothing acknowledged was lost.
 *
 * @returns How many operations the log has: those that were acknowledged, and perhaps some more.
 */
export async function proveAcknowledged(
  db: DataWal,
  input: Input,
  acknowledged: number,
  story: Story,
): Promise<number> {
  const found = await compareWithInput(db.scan(), input);
  if (found < acknowledged)
    throw new Problem(`${number(acknowledged)} records were acknowledged, ${number(found)} are there`);
  story.say(
    `We compare the log with the input. Of ${counted(acknowledged, "acknowledged record")} every one is there, in order, byte for byte.`,
  );
  const more = found - acknowledged;
  if (more > 0) story.say(`Written but not yet acknowledged, and there too: ${counted(more, "record")}.`);
  return found;
}
