import { appendFileSync } from "node:fs";
import { encodeRecord, RecordType } from "@datawal/format";
import { RecordLogReader, segmentName } from "@datawal/record-log";
import { STORE } from "../paths.js";
import { say } from "../story.js";

/**
 * Writes the first half of a frame behind the log. A killed process leaves none, since the kernel has each of
 * its writes whole; a power cut does.
 */
export function tearTail(): void {
  using reader = RecordLogReader.openSync(STORE);
  const txid = reader.recoveryReport().lastTxidSeen + 1n;
  const payload = "a record that the power cut tears into halves";
  const frame = encodeRecord({ type: RecordType.Put, txid, key: "torn", payload });
  const half = frame.subarray(0, Math.ceil(frame.length / 2));
  const segment = segmentName(reader.segments.at(-1)!);
  appendFileSync(`${STORE}/${segment}`, half);
  say(
    `A kill alone leaves whole records: the kernel has what was written. A power cut can leave less. So we
    write half a frame behind the log ourselves: ${half.length} bytes of ${frame.length}, at the end of
    ${segment}.`,
  );
}
