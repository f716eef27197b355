import { truncateSync } from "node:fs";
import { MAX_PAYLOAD_LEN } from "@datawal/format";
import { expect, test } from "vitest";
import { lookThrough } from "../../src/input/take-input.js";
import { temporaryFile } from "../kit/temporary.js";

test.each([
  ["id", '{"id":1}\n{"id":"b"}\n', 'Key: the "id" field'],
  ["line-number", '{"id":1}\n{}\n', "Key: the number of the line"],
])("the key is the id where every line has one, else the line's number: %s", async (keys, content, words) => {
  const input = await lookThrough(temporaryFile(content), "it");
  expect(input).toMatchObject({ keys, operations: 2, segmentBytesMax: 1 << 20 });
  expect(input.description).toContain(`2 lines of it. Each line is one record. ${words}`);
});

test("a line longer than a record can be is refused, with its number, before all of it is read", async () => {
  const path = temporaryFile("x\n");
  truncateSync(path, 2 + MAX_PAYLOAD_LEN);
  expect(await lookThrough(path, "it")).toMatchObject({ operations: 2 });
  for (const bytes of [2 + MAX_PAYLOAD_LEN + 1, 2 ** 40]) {
    truncateSync(path, bytes);
    await expect(lookThrough(path, "it")).rejects.toThrow("line 2 of it is longer than 64 MiB");
  }
});
