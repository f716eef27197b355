import { RecordType } from "@datawal/format";
import { sameRecord } from "@datawal/oracle";
import { expect, test } from "vitest";
import {
  type Sizes,
  type StreamPlan,
  streamRecord,
} from "../../../../src/layers/power-cut/writer/record-stream.js";
import { MARKER } from "../../../../src/layers/write-back-failure/chain-protocol.js";
import { markedRecord } from "../../../../src/layers/write-back-failure/marked-record.js";

const SIZES: Sizes[] = ["small", "sector", "pages", "mixed", "huge"];

test.each(SIZES)("a record of a %s stream follows from its seed and number", (sizes) => {
  const plan: StreamPlan = { seed: 1, contents: "pairs", sizes };
  const differing = Array.from({ length: 5 }, (_, index) => {
    const record = streamRecord(plan, index, 1n);
    expect(sameRecord(record, streamRecord(plan, index, 1n))).toBe(true);
    return !sameRecord(record, streamRecord({ ...plan, seed: 2 }, index, 1n));
  });
  expect(differing).toContain(true);
});

test("a marked record of pairs is a Put: a Delete would have no payload to mark", () => {
  const plan: StreamPlan = { seed: 1, contents: "pairs", sizes: "small" };
  const types = Array.from({ length: 40 }, (_, index) =>
    [streamRecord, markedRecord].map((of) => of(plan, index, 1n).type),
  );
  expect(types).toContainEqual([RecordType.Delete, RecordType.Put]);
  expect(types.every(([, marked]) => marked === RecordType.Put)).toBe(true);
});

test("every sector of a marked record has the marker", () => {
  const { payload } = markedRecord({ seed: 1, contents: "raw", sizes: "pages" }, 0, 1n);
  for (let offset = 0; offset + 512 <= payload.length; offset += 512)
    expect(Buffer.from(payload.subarray(offset, offset + 512)).includes(MARKER)).toBe(true);
});
