import { RecordType } from "@datawal/format";
import { RecordLog } from "@datawal/record-log";
import { expect, test } from "vitest";
import { operationsOf } from "../../src/input/operations.js";
import { compareWithInput } from "../../src/steps/compare-with-input.js";
import { temporaryDirectory, temporaryFile } from "../kit/temporary.js";

/** A log of puts beside an input of lines. */
async function compare(lines: string[], values: string[]): Promise<number> {
  await using log = await RecordLog.open(temporaryDirectory());
  for (const [index, value] of values.entries()) log.appendRecord(RecordType.Put, String(index + 1), value);
  return await compareWithInput(log.scan(), operationsOf("line-number", temporaryFile(lines.join("\n"))));
}

test("a log that holds the first records of its input is found so long", async () => {
  expect(await compare(["a", "b", "c"], ["a", "b"])).toBe(2);
  expect(await compare(["a", "b"], ["a", "b"])).toBe(2);
  expect(await compare(["a"], [])).toBe(0);
});

test("a record that differs, is missing in between, or is one too many is found", async () => {
  await expect(compare(["a", "b", "c"], ["a", "X"])).rejects.toThrow("record 2 is not what was put");
  await expect(compare(["a", "b", "c"], ["a", "c"])).rejects.toThrow("record 2 is not what was put");
  await expect(compare(["a"], ["a", "b"])).rejects.toThrow("the log has record 2, which was never put");
});
