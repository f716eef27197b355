import { expect, test } from "vitest";
import { runCommand } from "../kit/run-command.js";
import { madeStore, tornStore } from "../kit/stores.js";

const store = await madeStore(
  Array.from({ length: 25 }, (_, i) => [`key-${i}`, `value-${i}`] as const),
  {
    segmentBytesMax: 100,
  },
);
const lines = async (...argv: string[]) =>
  (await runCommand([...argv, store])).stdout.split("\n").slice(0, -1);

test("the last ten records, as scan prints them", async () => {
  expect(await lines("tail")).toEqual((await lines("scan")).slice(-10));
});

test.each([0, 1, 7, 25, 26, 1e9])("with -n %i so many", async (count) => {
  const expected = count === 0 ? [] : (await lines("scan")).slice(-count);
  expect(await lines("tail", "-n", String(count))).toEqual(expected);
  const expectedJson = count === 0 ? [] : (await lines("scan", "--json")).slice(-count);
  expect(await lines("tail", "--json", "--lines", String(count))).toEqual(expectedJson);
});

test("bytes are shown as they are asked for", async () => {
  expect((await lines("tail", "--bytes", "hex", "-n", "1"))[0]).toMatch(/key=hex:[0-9a-f]+ payload=hex:/);
});

test("the exit code speaks for the whole store, also where nothing of it is printed", async () => {
  const { code, stdout } = await runCommand(["tail", "-n", "0", await tornStore()]);
  expect([code, stdout]).toEqual([2, ""]);
});
