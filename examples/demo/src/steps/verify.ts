import { RecordLogReader, verifyLog } from "@datawal/record-log";
import type { Input } from "../input/input.js";
import { Problem } from "../problem.js";
import { counted, number, type Story } from "../story.js";
import { compareWithInput } from "./compare-with-input.js";

/** Checks every frame, and every record against the input. */
export async function verify(store: string, input: Input, story: Story): Promise<void> {
  const { verdict, segments } = await verifyLog(store);
  if (verdict !== "intact") throw new Problem(`expected an intact store, found a ${verdict} one`);
  using reader = RecordLogReader.openSync(store);
  const records = await compareWithInput(reader.scan(), input);
  if (records !== input.operations) {
    throw new Problem(`expected ${number(input.operations)} records, found ${number(records)}`);
  }
  story.say(
    `Every frame of ${counted(segments.length, "segment")} has its right CRC; all ${counted(records, "record")} equal the input.`,
  );
}
