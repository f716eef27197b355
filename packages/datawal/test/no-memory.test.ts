import { createSimulatedDisk } from "@datawal/safeatomic/testing";
import { DataWal, utf8 } from "datawal";
import { afterEach, expect, test, vi } from "vitest";
import { Keydir } from "../src/keydir/keydir.js";

// A put wrote its record, and then its key found no memory in the key directory: 3,072 acknowledged keys vanished
// from `get` where a page of the index was being split, and the caller was told that nothing had been written.

afterEach(() => {
  vi.restoreAllMocks();
  vi.unstubAllGlobals();
});

/** Long ones, so that they fill several chunks of the arena. */
const keyOf = (index: number) => `key-${index}-`.padEnd(90, "-");
const KEYS = 3_400;

/** Lets the n-th piece of memory that the key directory asks for, and that alone, not be had. Returns how many it has asked for. */
function failAllocation(n: number): { count: number } {
  const asked = { count: 0 };
  for (const name of ["Uint32Array", "Int32Array"] as const) {
    const Real = globalThis[name];
    const fail = (args: unknown[]) => {
      if (typeof args[0] === "number" && ++asked.count === n)
        throw new RangeError("Array buffer allocation failed");
    };
    const Scarce = new Proxy(Real, {
      construct(target, args, newTarget) {
        fail(args);
        return Reflect.construct(target, args, newTarget);
      },
    });
    vi.stubGlobal(name, Scarce);
  }
  return asked;
}

function open(disk = createSimulatedDisk()) {
  return { disk, store: DataWal.openSync("/s", { fileSystem: disk, key: utf8, value: utf8 }) };
}

/** Does everything that changes a key directory. Each step is told whether it threw. */
function workload(store: DataWal<string, string, string, string>, model: Map<string, string>): number {
  let thrown = 0;
  const attempt = (step: () => void, remember: () => void) => {
    try {
      step();
      remember();
    } catch (error) {
      thrown++;
      expect(error).not.toHaveProperty("code", "ERR_DATAWAL_POISONED");
    }
  };
  const put = (key: string, value: string) =>
    attempt(
      () => store.put(key, value),
      () => model.set(key, value),
    );
  const remove = (key: string) =>
    attempt(
      () => store.delete(key),
      () => model.delete(key),
    );
  for (let index = 0; index < KEYS; index++) put(keyOf(index), `${index}`);
  attempt(
    () => store.exportJsonlSync("/export"),
    () => {},
  );
  for (let index = 0; index < 40; index++) put(keyOf(index * 83), "again");
  attempt(
    () => store.exportJsonlSync("/export"),
    () => {},
  );
  for (let index = 0; index < KEYS; index += index % 3 ? 1 : 2) remove(keyOf(index));
  return thrown;
}

test("wherever memory fails, an operation throws and is not in the log, or is in both log and memory", () => {
  let failed = 0;
  for (let n = 1, isOver = false; !isOver; n += n < 60 ? 1 : 7) {
    const { disk, store } = open();
    const model = new Map<string, string>();
    const asked = failAllocation(n);
    failed += workload(store, model);
    vi.unstubAllGlobals();
    isOver = asked.count < n;
    const entries = [...model];
    expect([...store.entries()].sort()).toEqual(entries.sort());
    expect(store.size).toBe(model.size);
    expect(store.isPoisoned).toBe(false);
    store.closeSync();
    expect([...open(disk).store.entries()].sort()).toEqual(entries);
  }
  expect(failed).toBeGreaterThan(10);
});

test("a put that memory refuses is told, and tells the next one nothing", () => {
  const { store } = open();
  failAllocation(1);
  expect(() => {
    for (let index = 0; index < 10; index++) store.put(keyOf(index), "v");
  }).toThrow(RangeError);
  const before = store.size;
  expect([...store.scan()]).toHaveLength(before);
  store.put("next", "v");
  expect(store.get("next")).toBe("v");
});

test("if memory falls behind the log all the same, the handle is poisoned and answers nothing; opening heals", () => {
  const { disk, store } = open();
  store.put("a", "1");
  vi.spyOn(Keydir.prototype, "set").mockImplementationOnce(() => {
    throw new RangeError("Array buffer allocation failed");
  });
  const poisoned = expect.objectContaining({ code: "ERR_DATAWAL_POISONED", path: "/s" });
  expect(() => store.putMany([["a", "2"]])).toThrow(poisoned);
  expect(store.isPoisoned).toBe(true);
  expect(() => store.get("a")).toThrow(poisoned);
  expect(() => store.put("b", "1")).toThrow(poisoned);
  store.closeSync();
  expect(open(disk).store.get("a")).toBe("2");
});

test("no Web Crypto is needed, however many keys there are", () => {
  vi.stubGlobal("crypto", undefined);
  const { disk, store } = open();
  for (let index = 0; index < 300; index++) store.put(keyOf(index), "v");
  store.closeSync();
  expect(open(disk).store.size).toBe(300);
});
