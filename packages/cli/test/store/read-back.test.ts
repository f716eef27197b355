import { readFileSync, writeFileSync } from "node:fs";
import { DataWalReader } from "datawal";
import { expect, test } from "vitest";
import { readBack } from "../../src/store/read-back.js";
import { madeStore, PAIRS, segmentPath } from "../kit/stores.js";

test("a key whose record was changed behind the reader's back is told, and the others are read", async () => {
  const store = await madeStore(PAIRS);
  using reader = DataWalReader.openSync(store);
  const bytes = readFileSync(segmentPath(store));
  bytes[bytes.indexOf("value-2")]! ^= 1;
  writeFileSync(segmentPath(store), bytes);
  const told: string[] = [];
  const result = await readBack(
    reader,
    (key, error) => told.push(`${Buffer.from(key)}: ${error.name}`),
    async () => undefined,
  );
  expect(result).toEqual({ keysChecked: 3, keysUnreadable: 1 });
  expect(told).toEqual(["key-2: RecordLogError"]);
});

const noneIsTold = (key: Uint8Array) => expect.unreachable(String(key));

test("it pauses after about every MiB, and a pause that throws ends it", async () => {
  const pairs = Array.from({ length: 5 }, (_, i) => [`key-${i}`, "v".repeat(1 << 20)] as const);
  using reader = DataWalReader.openSync(await madeStore(pairs));
  const done: number[] = [];
  await readBack(reader, noneIsTold, async (bytesDone) => void done.push(bytesDone));
  expect(done).toHaveLength(5);
  expect(done.at(-1)).toBe(reader.stats().liveBytes);
  const stop = async () => {
    throw new Error("enough");
  };
  await expect(readBack(reader, noneIsTold, stop)).rejects.toThrow("enough");
});
