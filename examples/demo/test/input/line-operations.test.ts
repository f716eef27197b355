import { MAX_KEY_LEN } from "@datawal/format";
import { expect, test } from "vitest";
import { idOf, lineOperations } from "../../src/input/line-operations.js";
import { temporaryFile } from "../fixture/temporary.js";

test.each([
  ['{"id":"a"}', "a"],
  ['{"id":7,"more":1}', "7"],
  ['{"id":""}', ""],
  ['{"id":9007199254740993}', undefined],
  ['{"id":1.5}', undefined],
  ['{"id":null}', undefined],
  ['{"id":"\\ud800"}', undefined],
  ['["id"]', undefined],
  ["null", undefined],
  ["plain text", undefined],
])("the id of %s is %j", (line, id) => {
  expect(idOf(new TextEncoder().encode(line))).toBe(id);
});

test("an id longer than a key can be is none", () => {
  const line = (length: number) => new TextEncoder().encode(JSON.stringify({ id: "k".repeat(length) }));
  expect(idOf(line(MAX_KEY_LEN))).toHaveLength(MAX_KEY_LEN);
  expect(idOf(line(MAX_KEY_LEN + 1))).toBeUndefined();
});

test("a line that is not UTF-8 has no id", () => {
  expect(idOf(Buffer.from('{"id":"\xff"}', "latin1"))).toBeUndefined();
});

test("the value of a line is the line, byte for byte", async () => {
  const path = temporaryFile('{ "id": 1 }\n{"id":2}\r\n');
  const pairs: string[][] = [];
  for await (const { key, value } of lineOperations(path, "id")) {
    pairs.push([Buffer.from(key).toString(), Buffer.from(value).toString()]);
  }
  expect(pairs).toEqual([
    ["1", '{ "id": 1 }'],
    ["2", '{"id":2}\r'],
  ]);
});

test("line numbers count from 1", async () => {
  const keys: string[] = [];
  for await (const { key } of lineOperations(temporaryFile("a\nb"), "line-number")) {
    keys.push(Buffer.from(key).toString());
  }
  expect(keys).toEqual(["1", "2"]);
});
