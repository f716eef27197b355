import { RecordLog, RecordLogReader } from "@datawal/record-log";
import { expect, test } from "vitest";
import type { Input } from "../../src/input/input.js";
import { compareWithInput } from "../../src/steps/compare-with-input.js";
import { temporaryDirectory, temporaryFile } from "../fixture/temporary.js";

/** A log of puts beside an input of lines. */
async function compare(lines: string[], values: string[]): Promise<number> {
  const store = temporaryDirectory();
  await using log = await RecordLog.open(store);
  for (const [index, value] of values.entries()) log.appendRecord(1, String(index + 1), value);
  const source = { kind: "lines", path: temporaryFile(lines.join("\n")), keys: "line-number" } as const;
  const input: Input = { source, operations: lines.length, segmentBytesMax: 1, description: "" };
  using reader = RecordLogReader.openSync(store);
  return await compareWithInput(reader.scan(), input);
}

test("a log that holds the first records of its input is found so long", async () => {
  expect(await compare(["a", "b", "c"], ["a", "b"])).toBe(2);
  expect(await compare(["a", "b"], ["a", "b"])).toBe(2);
  expect(await compare(["a"], [])).toBe(0);
});

test("a record that differs, is missing in between, or is one too many is found", async () => {
  await expect(compare(["a", "b", "c"], ["a", "X"])).rejects.toThrow("record 2 is not what was put");
  await expect(compare(["a", "b", "c"], ["a", "c"])).rejects.toThrow("record 2 is not what was put");
  await expect(compare(["a"], ["a", "b"])).rejects.toThrow("the log has more than the 1 records");
});
