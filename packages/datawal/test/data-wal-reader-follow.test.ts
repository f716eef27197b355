import { encodeRecord } from "@datawal/format";
import { GROUP_KEY } from "@datawal/format/internal";
import { createSimulatedDisk, type SimulatedDisk } from "@datawal/safeatomic/testing";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { DataWal, DataWalReader, RecordType, replaceStoreSync, utf8 } from "../src/index.js";

const TEXT = { key: utf8, value: utf8 };
const open = (fileSystem: SimulatedDisk) =>
  DataWal.openSync("/store", { ...TEXT, fileSystem, segmentBytesMax: 120 });

function followed(fileSystem: SimulatedDisk) {
  const reader = DataWalReader.openSync("/store", { ...TEXT, fileSystem });
  const changes = reader.follow({ pollMs: 1 });
  const copy = new Map<string, string>();
  const draw = async () => {
    const change = (await changes.next()).value;
    if (change.type === "put") copy.set(change.key, change.value);
    else copy.delete(change.key);
    return change;
  };
  return { reader, changes, copy, draw };
}

describe("follow", () => {
  test("yields what is live, then each change, deletions among them", async () => {
    const disk = createSimulatedDisk();
    const store = open(disk);
    store.put("a", "1");
    store.put("gone", "1");
    store.delete("gone");
    const { draw, reader } = followed(disk);
    expect(await draw()).toEqual({ type: "put", key: "a", value: "1" });
    store.put("b", "2");
    store.delete("a");
    expect([await draw(), await draw()]).toEqual([
      { type: "put", key: "b", value: "2" },
      { type: "delete", key: "a" },
    ]);
    expect(reader.get("b")).toBe("2");
  });

  test("shows what a key has become, once, and of a batch no head", async () => {
    const disk = createSimulatedDisk();
    const store = open(disk);
    const { draw, copy } = followed(disk);
    store.put("a", "1");
    store.put("a", "2");
    store.batch([
      { type: "put", key: "b", value: "3" },
      { type: "delete", key: "a" },
      { type: "put", key: "c", value: "4" },
    ]);
    const drawn = [await draw(), await draw(), await draw()];
    expect(drawn.map(({ key }) => key)).toEqual(["a", "b", "c"]);
    expect(Object.fromEntries(copy)).toEqual({ b: "3", c: "4" });
  });

  // Another program may have put it: it was live, and nobody was told.
  test("shows a pair that has the key of heads, and that a head deletes it", async () => {
    const disk = createSimulatedDisk();
    open(disk).closeSync();
    const file = disk.open("/store/00000001.dwal", "append");
    const frame = encodeRecord({ type: RecordType.Put, txid: 1n, key: GROUP_KEY, payload: "a" });
    file.append(frame, 0, frame.length);
    file.close();
    const { draw } = followed(disk);
    const name = new TextDecoder().decode(GROUP_KEY);
    expect(await draw()).toEqual({ type: "put", key: name, value: "a" });
    open(disk).batch(["a", "b"].map((key) => ({ type: "put", key, value: "c" })));
    expect(await draw()).toEqual({ type: "delete", key: name });
    expect([await draw(), await draw()]).toMatchObject([{ key: "a" }, { key: "b" }]);
  });

  test("ends with its signal's reason, with the reader, and in a loop that is left", async () => {
    const disk = createSimulatedDisk();
    open(disk).put("a", "1");
    const reader = DataWalReader.openSync("/store", { ...TEXT, fileSystem: disk });
    for await (const { key } of reader.follow()) {
      expect(key).toBe("a");
      break;
    }
    const abort = new AbortController();
    const changes = reader.follow({ signal: abort.signal, pollMs: 1 });
    await changes.next();
    const waiting = changes.next();
    abort.abort("enough");
    await expect(waiting).rejects.toBe("enough");
    const others = reader.follow({ pollMs: 1 });
    await others.next();
    const last = others.next();
    await reader.close();
    await expect(last).rejects.toMatchObject({ code: "ERR_DATAWAL_CLOSED" });
  });

  test("refuses options that it has not, at once", () => {
    const disk = createSimulatedDisk();
    open(disk).closeSync();
    using reader = DataWalReader.openSync("/store", { fileSystem: disk });
    for (const options of [{ pollMs: 0 }, { from: { segment: 1, offset: 0 } }])
      expect(() => reader.follow(options)).toThrow(
        expect.objectContaining({ code: "ERR_DATAWAL_BAD_OPTION" }),
      );
  });
});

describe("what no record that is left tells", () => {
  test("a deletion whose tombstone was compacted away", async () => {
    const disk = createSimulatedDisk();
    const store = open(disk);
    for (const name of ["a", "b", "c"]) store.put(name, "x".repeat(60));
    const { copy, draw } = followed(disk);
    for (let count = 0; count < 3; count++) await draw();
    store.delete("a");
    store.rotateSync();
    store.put("d", "");
    store.compactSync();
    expect([...store.scan()].some(({ type }) => type === RecordType.Delete)).toBe(false);
    while (copy.has("a") || !copy.has("d")) await draw();
    expect([...copy.keys()].sort()).toEqual([...store.keys()].sort());
  });

  test("a pair that was seen, and then cut off", async () => {
    const disk = createSimulatedDisk();
    let store = open(disk);
    const { copy, draw } = followed(disk);
    store = await cut(store, disk, async () => [await draw(), await draw()]);
    expect([...copy.keys()]).toEqual(["kept", "lost"]);
    store.put("more", "");
    while (copy.has("lost") || !copy.has("more")) await draw();
  });
});

const key = fc.constantFrom(..."abcd");
const operation = fc.oneof(
  { weight: 6, arbitrary: fc.record({ put: key }) },
  { weight: 3, arbitrary: fc.record({ delete: key }) },
  { weight: 1, arbitrary: fc.constant("compact" as const) },
  { weight: 1, arbitrary: fc.constant("cut" as const) },
  { weight: 1, arbitrary: fc.constant("refresh" as const) },
  { weight: 2, arbitrary: fc.constant("draw" as const) },
  { weight: 1, arbitrary: fc.constant("draw all" as const) },
);

test("whoever does what is yielded has the store's pairs, whatever is done to the store or its log", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(operation, { maxLength: 40 }), async (operations) => {
      const disk = createSimulatedDisk();
      let store = open(disk);
      store.put("first", "0");
      const { reader, copy, draw } = followed(disk);
      let count = 0;
      /** All that had changed: what a refresh has found is yielded before the next one. */
      const drawAll = async () => {
        for (const name of ["end", "very end"]) {
          const value = String(++count);
          store.put(name, value);
          while (copy.get(name) !== value) await draw();
        }
      };
      for (const step of operations) {
        if (step === "compact") store.compactSync();
        else if (step === "cut") store = await cut(store, disk, () => reader.refreshSync());
        else if (step === "refresh") reader.refreshSync();
        else if (step === "draw all") await drawAll();
        else if (step === "draw") {
          store.put("drawn", String(++count));
          await draw();
        } else if ("put" in step) store.put(step.put, String(++count));
        else store.delete(step.delete);
      }
      await drawAll();
      expect([...copy].sort()).toEqual([...store].sort());
      reader.closeSync();
    }),
    { numRuns: 60 },
  );
});

/** Cuts a record off that was seen and not synced, as a power cut does, and has the log repaired. */
async function cut(
  store: DataWal<string, string>,
  disk: SimulatedDisk,
  show: () => unknown,
): Promise<typeof store> {
  store.put("kept", "");
  store.fsyncSync();
  const active = () => store.stats().bySegment.at(-1)!.segment;
  const segment = active();
  const path = `/store/${String(segment).padStart(8, "0")}.dwal`;
  const { size } = disk.stat(path)!;
  store.put("lost", "seen");
  if (active() !== segment) return store;
  await show();
  store.closeSync();
  const file = disk.open(path, "append");
  file.truncate(size);
  file.close();
  return open(disk);
}

test("a follower of a store that was replaced ends, and says so", async () => {
  const disk = createSimulatedDisk();
  const store = open(disk);
  store.put("a", "1");
  const { changes, draw } = followed(disk);
  await draw();
  store.compactToSync("/copy");
  store.closeSync();
  replaceStoreSync("/store", "/copy", { fileSystem: disk });
  await expect(changes.next()).rejects.toMatchObject({ code: "ERR_DATAWAL_READER_STALE" });
});

// Behind a refresh of somebody else's that waited for a torn tail to change, an abort went unheard.
test("an abort ends a follower at once, whatever refresh it waits for", async () => {
  const disk = createSimulatedDisk();
  const store = open(disk);
  store.put("a", "1");
  const { reader } = followed(disk);
  const abort = new AbortController();
  const changes = reader.follow({ signal: abort.signal, pollMs: 1 });
  await changes.next();
  store.fsyncSync();
  const file = disk.open("/store/00000001.dwal", "append");
  file.append(Uint8Array.of(1, 2, 3), 0, 3);
  file.close();
  const ended: string[] = [];
  const change = changes.next().catch((reason: unknown) => void ended.push(`follower: ${reason}`));
  const refreshed = reader.refresh().then(() => void ended.push("refresh"));
  // Until its pause is over, and its own refresh waits behind that one.
  await new Promise((resolve) => setTimeout(resolve, 10));
  abort.abort("enough");
  await Promise.all([change, refreshed]);
  expect(ended).toEqual(["follower: enough", "refresh"]);
});
