import { FrameCursor, RecordType } from "@datawal/format";
import { createSimulatedDisk } from "@datawal/safeatomic/testing";
import { DataWal } from "datawal";
import { afterEach, expect, test, vi } from "vitest";
import { Keydir } from "../src/keydir/keydir.js";
import { treeOf } from "./kit/disk-tree.js";

afterEach(() => vi.restoreAllMocks());

/** A store whose key directory has room for the keys "a" and "b" and no other: no test can fill a real one. */
function nearlyFull() {
  const disk = createSimulatedDisk();
  const store = DataWal.openSync("/store", { fileSystem: disk });
  const requireRoom = (key: Uint8Array) => {
    if (key[0]! > 0x62) throw new Error("no room");
  };
  vi.spyOn(Keydir.prototype, "requireRoom").mockImplementation(requireRoom);
  const { requireRoomForAll } = Keydir.prototype;
  vi.spyOn(Keydir.prototype, "requireRoomForAll").mockImplementation(function (this: Keydir, frames) {
    const cursor = new FrameCursor();
    for (let index = 0, at = frames.start; index < frames.count; index++, at = cursor.end) {
      cursor.read(frames.bytes, at);
      if (cursor.type === RecordType.Put) requireRoom(cursor.key);
    }
    return requireRoomForAll.call(this, frames);
  });
  return { disk, store };
}

test("a key that finds no room in the key directory is not written", () => {
  const { disk, store } = nearlyFull();
  store.put("a", "1");
  const before = treeOf(disk, "/store");
  expect(() => store.put("c", "1")).toThrow("no room");
  expect(treeOf(disk, "/store")).toEqual(before);
  expect(store.isPoisoned).toBe(false);
  expect([...store.keys()]).toHaveLength(1);
});

test("a deletion needs no room", () => {
  const { store } = nearlyFull();
  expect(store.delete("c")).toBe(false);
});

test("a batch stops where a key finds no room, and says what is in the store", () => {
  const { store } = nearlyFull();
  const pairs = ["a", "b", "c"].map((key) => [key, "1"] as const);
  expect(() => store.putMany(pairs)).toThrow(
    expect.objectContaining({
      code: "ERR_DATAWAL_BATCH_FAILED",
      recordsAppended: 0,
      cause: expect.objectContaining({ message: "no room" }),
    }),
  );
  expect(store.size).toBe(0);
});

// A value handed over as a key, 300 MiB of it: the log refused it, and the key directory kept as much memory for good.
test("a key that is refused for its length takes no memory of the key directory", () => {
  const store = DataWal.openSync("/store", { fileSystem: createSimulatedDisk() });
  store.put("a", "1");
  const before = store.stats().keydirBytes;
  const tooLong = new Uint8Array(2 ** 20);
  expect(() => store.put(tooLong, "1")).toThrow(
    expect.objectContaining({ code: "ERR_DATAWAL_KEY_TOO_LARGE" }),
  );
  expect(() => store.putMany([[tooLong, "1"]])).toThrow(
    expect.objectContaining({ cause: expect.objectContaining({ code: "ERR_DATAWAL_KEY_TOO_LARGE" }) }),
  );
  expect(store.stats().keydirBytes).toBe(before);
});
