import { MAX_KEY_LEN } from "@datawal/format";
import { expect, test } from "vitest";
import { idOf, type KeyChoice, operationsOf } from "../../src/input/operations.js";
import { temporaryFile } from "../kit/temporary.js";

const longest = "k".repeat(MAX_KEY_LEN);

test.each([
  ['{"id":"a"}', "a"],
  ['{"id":7,"more":1}', "7"],
  ['{"id":""}', ""],
  ['{"id":9007199254740993}', undefined],
  ['{"id":1.5}', undefined],
  ['{"id":null}', undefined],
  ['{"id":"\\ud800"}', undefined],
  ['{"id":"\xff"}', undefined],
  ['["id"]', undefined],
  ["null", undefined],
  ["plain text", undefined],
  [`{"id":"${longest}"}`, longest],
  [`{"id":"${longest}k"}`, undefined],
])("the id of %.30s is %.30j", (line, id) => {
  expect(idOf(Buffer.from(line, "latin1"))).toBe(id);
});

test.each<[KeyChoice, string[]]>([
  ["id", ["7", "8"]],
  ["line-number", ["1", "2"]],
])("with the key %s a value is its line, byte for byte", async (choice, keys) => {
  const path = temporaryFile('{ "id": 7 }\n{"id":8}\r\n');
  const pairs: Buffer[][] = [];
  for await (const { key, value } of operationsOf(choice, path))
    pairs.push([Buffer.from(key), Buffer.from(value)]);
  expect(pairs.map(([key]) => String(key))).toEqual(keys);
  expect(pairs.map(([, value]) => String(value))).toEqual(['{ "id": 7 }', '{"id":8}\r']);
});
