import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DataWal, utf8 } from "datawal";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { KeyvDataWal, type KeyvStore } from "../src/index.js";

// Keyv's own suite is run from the tarballs, in proof/surroundings: here is what it does not ask.
let directory = "";
let store: KeyvStore;

beforeEach(async () => {
  directory = mkdtempSync(join(tmpdir(), "datawal-keyv-"));
  store = await DataWal.open(directory, { key: utf8, value: utf8 });
});
afterEach(async () => {
  vi.useRealTimers();
  await store.close();
  rmSync(directory, { recursive: true });
});

const adapter = (namespace?: string) => Object.assign(new KeyvDataWal(store), { namespace });

test("a value is there until it expires, and gone from the store once somebody asks", async () => {
  vi.useFakeTimers({ toFake: ["Date"] });
  const keyv = adapter();
  await keyv.set("a", "1:2", 1000);
  await keyv.set("b", "", undefined);
  expect(await keyv.getMany(["a", "b", "c"])).toEqual(["1:2", "", undefined]);
  vi.setSystemTime(Date.now() + 1000);
  expect(await keyv.hasMany(["a", "b"])).toEqual([false, true]);
  expect([...store.keys()]).toEqual(["b"]);
});

test("what has expired and nobody asks for is deleted on demand, in every namespace", async () => {
  vi.useFakeTimers({ toFake: ["Date"] });
  await adapter("x").setMany([
    { key: "x:1", value: "1", ttl: 10 },
    { key: "y:1", value: "1", ttl: 20 },
    { key: "y:2", value: "1" },
  ]);
  vi.setSystemTime(Date.now() + 15);
  expect(await adapter("x").deleteExpired()).toBe(1);
  expect([...store.keys()]).toEqual(["y:1", "y:2"]);
});

test("clearing a namespace leaves the others, and one whose name begins alike", async () => {
  await adapter().setMany(["a:1", "ab:1", "b:1"].map((key) => ({ key, value: "v" })));
  await adapter("a").clear();
  expect([...store.keys()]).toEqual(["ab:1", "b:1"]);
  await adapter().clear();
  expect(store.size).toBe(0);
});

test("it iterates over its namespace, and what is deleted meanwhile does not come", async () => {
  const keyv = adapter("a");
  await keyv.setMany(["a:1", "a:2", "b:1"].map((key) => ({ key, value: key })));
  const seen: [string, string][] = [];
  for await (const pair of keyv.iterator()) {
    seen.push(pair);
    await keyv.delete("a:2");
  }
  expect(seen).toEqual([["a:1", "a:1"]]);
});

test("deleting what is not there writes nothing", async () => {
  const { segmentBytes } = store.stats();
  expect(await adapter().delete("absent")).toBe(false);
  expect(await adapter().deleteMany(["absent"])).toBe(false);
  expect(store.stats().segmentBytes).toBe(segmentBytes);
});

test("disconnecting leaves the store to its opener", async () => {
  await adapter().disconnect();
  store.put("still", "open");
});
