import { channel } from "node:diagnostics_channel";
import { encodeRecord, RecordType } from "@datawal/format";
import { createSimulatedDisk, type SimulatedDisk, withFaults } from "@datawal/safeatomic/testing";
import { expect, test } from "vitest";
import { IS_FULL_RUN } from "../../../record-log/test/kit/seeded-random.js";
import { DataWal, DataWalReader } from "../../src/index.js";
import { bytesOf } from "../kit/disk-tree.js";
import { bothWays, CHECKPOINT, diskWithCheckpoint, openStore, STORE } from "./both-ways.js";
import { replaceFile, withStats } from "./kit.js";

const segmentsOf = (disk: SimulatedDisk) =>
  disk
    .list(STORE)
    .map(({ name }) => name)
    .filter((name) => name.endsWith(".dwal"));

const activeOf = (disk: SimulatedDisk) => `${STORE}/${segmentsOf(disk).at(-1)}`;

const textOf = (bytes: Uint8Array | undefined) => bytes && Buffer.from(bytes).toString();

test("what a close has written is believed by the next open, for reading and for writing", () => {
  const disk = diskWithCheckpoint();
  expect(segmentsOf(disk).length).toBeGreaterThan(2);
  expect(bothWays(disk)).toEqual(["believed", "believed"]);
});

test("what is believed is gone on with: put, deleted, closed, and believed again", () => {
  const disk = diskWithCheckpoint(300);
  for (let round = 0; round < 2; round++) {
    const db = openStore(disk);
    expect(db.stats().checkpoint).toBe("believed");
    for (let index = 0; index < 40; index++) db.put(`key-${round}-${index}`, `value ${index}`);
    for (let index = 0; index < 30; index += 2) db.delete(`key-${round}-${index}`);
    db.batch([
      { type: "put", key: "one", value: `${round}` },
      { type: "put", key: "two", value: `${round}` },
    ]);
    db.closeSync();
    expect(bothWays(disk)).toEqual(["believed", "believed"]);
  }
});

test("segments behind what is covered are read", () => {
  const disk = diskWithCheckpoint();
  const db = openStore(disk, { checkpoint: false });
  // The active segment is as it was, so what comes next lies behind it.
  db.rotateSync();
  db.put("key-2", "behind");
  disk.killProcess();
  const reader = DataWalReader.openSync(STORE, { fileSystem: disk });
  expect(reader.stats().checkpoint).toBe("believed");
  expect(textOf(reader.get("key-2"))).toBe("behind");
  expect(bothWays(disk)).toEqual(["believed", "believed"]);
});

test("nothing is written below `minLogBytes`, nor where it is off, nor again where nothing has changed", () => {
  const disk = createSimulatedDisk();
  const put = (checkpoint: boolean | { minLogBytes: number } | undefined) => {
    const db = openStore(disk, { checkpoint });
    db.put("key", "value");
    db.closeSync();
    return disk.stat(CHECKPOINT)?.identity;
  };
  expect(put(undefined)).toBe(undefined);
  expect(put(false)).toBe(undefined);
  expect(put({ minLogBytes: 1000 })).toBe(undefined);
  const written = put({ minLogBytes: 100 });
  expect(written).not.toBe(undefined);
  openStore(disk).closeSync();
  expect(disk.stat(CHECKPOINT)?.identity).toBe(written);
  expect(disk.stat(CHECKPOINT)?.mode).toBe(0o600);
});

test("a strict open reads the log, and `checkpoint: false` as well", () => {
  const disk = diskWithCheckpoint();
  for (const options of [{ recover: "strict" }, { checkpoint: false }] as const) {
    const db = DataWal.openSync(STORE, { fileSystem: disk, ...options });
    expect(db.stats().checkpoint).toBe("off");
    db.closeSync();
  }
});

test("an active segment that has grown since is read, and all before it", () => {
  const disk = diskWithCheckpoint();
  const db = openStore(disk, { segmentBytesMax: 1e6 });
  db.put("key-1", "later");
  db.fsyncSync();
  disk.killProcess();
  expect(bothWays(disk)).toEqual(["stale", "stale"]);
});

test("an active segment that has grown is known by its size where its change time stands still", () => {
  const disk = diskWithCheckpoint();
  const frozen = withStats(disk, () => ({ changeTime: "1" }));
  openStore(frozen, { segmentBytesMax: 1e6 }).closeSync();
  const db = openStore(frozen, { segmentBytesMax: 1e6 });
  db.put("key-1", "later");
  db.fsyncSync();
  disk.killProcess();
  const reader = DataWalReader.openSync(STORE, { fileSystem: frozen });
  expect(reader.stats().checkpoint).toBe("stale");
  expect(textOf(reader.get("key-1"))).toBe("later");
});

// A power cut, or a clock too coarse to tell, may leave a change time as it was.
test("an end that was written anew, as long as before, is known by its last frame where the change time stands still", () => {
  const disk = createSimulatedDisk();
  const frozen = withStats(disk, () => ({ changeTime: "1" }));
  const db = openStore(frozen, { segmentBytesMax: 1e6 });
  db.put("key-1", "value");
  db.put("key-2", "value");
  const { offset, len } = db.refOf("key-2")!;
  db.closeSync();
  const file = disk.open(activeOf(disk), "append");
  file.truncate(offset);
  const key = Buffer.from("key-3");
  const frame = encodeRecord({ type: RecordType.Put, txid: 2n, key, payload: Buffer.from("value") });
  expect(file.append(frame, 0, frame.length)).toBe(len);
  file.close();
  const reader = DataWalReader.openSync(STORE, { fileSystem: frozen });
  expect(reader.stats().checkpoint).toBe("stale");
  expect([...reader.keys()].map(textOf)).toEqual(["key-1", "key-3"]);
});

test("segments that were copied, as cp does, are read", () => {
  const disk = diskWithCheckpoint();
  for (const name of segmentsOf(disk)) {
    const bytes = bytesOf(disk, `${STORE}/${name}`);
    replaceFile(disk, `${STORE}/${name}`, bytes, 0o644);
  }
  expect(bothWays(disk)).toEqual(["stale", "stale"]);
});

test("a copy in the place of a segment is another file, though size, change time and last frame are the same", () => {
  const disk = createSimulatedDisk();
  const frozen = withStats(disk, () => ({ changeTime: "1" }));
  const db = openStore(frozen);
  for (let index = 0; index < 12; index++) db.put(`key-${index}`, "value");
  db.closeSync();
  const path = `${STORE}/${segmentsOf(disk)[0]}`;
  const bytes = bytesOf(disk, path);
  disk.rename(path, "/kept");
  replaceFile(disk, path, bytes, 0o644);
  expect(DataWalReader.openSync(STORE, { fileSystem: frozen }).stats().checkpoint).toBe("stale");
});

test("a segment that somebody has written to is read, though all of it is as it was", () => {
  const disk = diskWithCheckpoint();
  const path = `${STORE}/${segmentsOf(disk)[0]}`;
  const bytes = bytesOf(disk, path);
  const file = disk.open(path, "append");
  file.truncate(bytes.length - 1);
  file.append(bytes, bytes.length - 1, 1);
  file.fsyncSync();
  file.close();
  expect(bothWays(disk)).toEqual(["stale", "stale"]);
});

test("a file system that does not tell change times gets no checkpoint", () => {
  const disk = createSimulatedDisk();
  const untold = withStats(disk, () => ({ changeTime: undefined }) as object);
  const db = openStore(untold);
  db.put("key", "value");
  db.closeSync();
  expect(disk.stat(CHECKPOINT)).toBe(undefined);
});

// The note says what is on disk; the Rust crate erases it when it takes the lock, also where it then writes nothing.
test("an active segment of which the note says nothing is read", () => {
  const disk = diskWithCheckpoint();
  const lock = disk.lock(`${STORE}/.lock`, "1");
  if (lock.state !== "held") throw new Error("expected the lock");
  lock.writeNote("");
  lock.release();
  expect(bothWays(disk)).toEqual(["stale", "stale"]);
});

test("a segment that stands again where a compaction has removed it is read", () => {
  const disk = createSimulatedDisk();
  const db = openStore(disk);
  for (let index = 0; index < 12; index++) db.put(`key-${index % 3}`, `value-${index}`);
  db.fsyncSync();
  const [, second] = segmentsOf(disk);
  const bytes = bytesOf(disk, `${STORE}/${second}`);
  db.put("key-9", "later");
  db.compactSync();
  db.closeSync();
  expect(segmentsOf(disk)).not.toContain(second);
  expect(bothWays(disk, (pairs) => pairs.toSorted())).toEqual(["believed", "believed"]);
  replaceFile(disk, `${STORE}/${second}`, bytes, 0o644);
  expect(bothWays(disk)).toEqual(["stale", "stale"]);
});

test("another marker of compactions is a doubt", () => {
  const disk = createSimulatedDisk();
  const db = openStore(disk);
  for (let index = 0; index < 12; index++) db.put(`key-${index % 3}`, `value-${index}`);
  db.compactSync();
  db.closeSync();
  disk.removeFile(`${STORE}/removed-segments`);
  expect(bothWays(disk)).toEqual(["stale", "stale"]);
});

test("a log of which something has to be warned is not covered", () => {
  const disk = diskWithCheckpoint();
  // The third segment then goes on behind txids that are missing.
  disk.removeFile(CHECKPOINT);
  disk.removeFile(`${STORE}/${segmentsOf(disk)[1]}`);
  const db = openStore(disk);
  expect(db.recoveryReport().warnings.map(({ kind }) => kind)).toContain("txid-gap");
  db.closeSync();
  expect(disk.stat(CHECKPOINT)).toBe(undefined);
});

test("a checkpoint that others may read, have a name of, or own, is refused", () => {
  const open = DataWalReader.openSync;
  const readable = diskWithCheckpoint();
  replaceFile(readable, CHECKPOINT, bytesOf(readable, CHECKPOINT), 0o640);
  expect(bothWays(readable)).toEqual(["refused", "refused"]);
  const linked = diskWithCheckpoint();
  linked.link(CHECKPOINT, `${STORE}/second-name`);
  expect(bothWays(linked)).toEqual(["refused", "refused"]);
  const foreign = withStats(diskWithCheckpoint(), () => ({ owner: 1 + (process.geteuid?.() ?? 0) }));
  if (process.geteuid) expect(open(STORE, { fileSystem: foreign }).stats().checkpoint).toBe("refused");
  const directory = diskWithCheckpoint();
  directory.removeFile(CHECKPOINT);
  directory.makeDirectory(CHECKPOINT);
  expect(bothWays(directory)).toEqual(["damaged", "damaged"]);
});

test("no bit of a checkpoint, and no byte of its length, can be changed unseen", () => {
  const disk = diskWithCheckpoint(5);
  const bytes = bytesOf(disk, CHECKPOINT);
  const useOf = (spoilt: Uint8Array) => {
    replaceFile(disk, CHECKPOINT, spoilt);
    using reader = DataWalReader.openSync(STORE, { fileSystem: disk });
    return reader.stats().checkpoint;
  };
  expect(useOf(bytes)).toBe("believed");
  for (let bit = 0; bit < 8 * bytes.length; bit += IS_FULL_RUN ? 7 : 31) {
    const spoilt = Uint8Array.from(bytes);
    spoilt[bit >>> 3]! ^= 1 << (bit & 7);
    expect(useOf(spoilt), `bit ${bit}`).toBe("damaged");
  }
  for (let size = 0; size < bytes.length; size += IS_FULL_RUN ? 7 : 61)
    expect(useOf(bytes.slice(0, size)), `${size} bytes`).toBe("damaged");
  expect(useOf(Buffer.concat([bytes, bytes]))).toBe("damaged");
});

test("a checkpoint of another version is read by nobody", () => {
  const disk = diskWithCheckpoint();
  const bytes = Buffer.from(bytesOf(disk, CHECKPOINT));
  replaceFile(
    disk,
    CHECKPOINT,
    Buffer.from(bytes.toString("latin1").replace("checkpoint 1 ", "checkpoint 2 "), "latin1"),
  );
  expect(bothWays(disk)).toEqual(["damaged", "damaged"]);
});

test("a close that cannot write its checkpoint closes all the same, and tells it", async () => {
  const failures: unknown[] = [];
  const onFailure = (event: unknown) => failures.push(event);
  channel("datawal:checkpoint").subscribe(onFailure);
  for (let failing = 0; ; failing++) {
    const disk = diskWithCheckpoint();
    const before = bytesOf(disk, CHECKPOINT);
    let isClosing = false;
    let calls = 0;
    const faulty = withFaults(disk, (call) => {
      const isOfCheckpoint = isClosing && "path" in call && String(call.path).includes("keydir-checkpoint");
      if (!isOfCheckpoint || calls++ !== failing) return undefined;
      return { errno: "ENOSPC" };
    });
    const db = openStore(faulty);
    db.put("key", "value");
    isClosing = true;
    db.closeSync();
    if (calls <= failing) break;
    await Promise.resolve();
    expect(failures.length, `call ${failing}`).toBe(failing + 1);
    expect(disk.list(STORE).filter(({ name }) => name.endsWith(".new"))).toEqual([]);
    expect(bothWays(disk)[0]).toBe(
      Buffer.compare(before, bytesOf(disk, CHECKPOINT)) === 0 ? "stale" : "believed",
    );
  }
  channel("datawal:checkpoint").unsubscribe(onFailure);
  expect(failures.length).toBeGreaterThan(3);
});

test("a poisoned handle writes none", () => {
  const disk = diskWithCheckpoint();
  const before = bytesOf(disk, CHECKPOINT);
  const db = openStore(disk);
  db.put("key", "value");
  disk.failWriteBack(activeOf(disk));
  expect(() => db.fsyncSync()).toThrow();
  db.closeSync();
  expect(bytesOf(disk, CHECKPOINT)).toEqual(before);
});

// A reader proves a record of the newest segment by what it has seen of it, and it has seen nothing of this one.
test("what a repair has put in the place of a covered record is not taken for it", () => {
  const disk = createSimulatedDisk();
  const db = openStore(disk, { segmentBytesMax: 1e6 });
  db.put("key-1", "value");
  db.put("key-2", "value");
  const { offset } = db.refOf("key-1")!;
  db.closeSync();
  using reader = DataWalReader.openSync(STORE, { fileSystem: disk });
  expect(reader.stats().checkpoint).toBe("believed");
  const file = disk.open(activeOf(disk), "append");
  file.truncate(offset);
  for (const value of ["other", "later"]) {
    const payload = Buffer.from(value);
    const frame = encodeRecord({ type: RecordType.Put, txid: 1n, key: Buffer.from("key-1"), payload });
    file.append(frame, 0, frame.length);
  }
  file.close();
  expect(() => reader.get("key-1")).toThrow(expect.objectContaining({ code: "ERR_DATAWAL_READER_STALE" }));
});

test("a reader by a checkpoint is refreshed, beside a writer that writes another one", () => {
  const disk = diskWithCheckpoint();
  using reader = DataWalReader.openSync(STORE, { fileSystem: disk });
  for (let round = 0; round < 3; round++) {
    const db = openStore(disk);
    db.put("key-1", `round ${round}`);
    db.rotateSync();
    reader.refreshSync();
    expect(textOf(reader.get("key-1"))).toBe(`round ${round}`);
    db.compactSync();
    db.closeSync();
    reader.refreshSync();
    expect([...reader].toSorted()).toEqual(
      [...DataWalReader.openSync(STORE, { fileSystem: disk })].toSorted(),
    );
  }
});

// The active segment was believed unread: a frame that had rotted in it was seen when the next open read the log, which then
// ended before it, and what had been acknowledged behind it was gone from the store.
test("what is acknowledged by a writer that a checkpoint has let in stands, though a frame of the active segment has rotted", () => {
  const disk = createSimulatedDisk();
  // Rot moves no change time.
  const fileSystem = withStats(disk, () => ({ changeTime: "1" }));
  const options = { segmentBytesMax: 1e6 };
  const first = openStore(fileSystem, options);
  for (const key of ["a", "b"]) first.put(key, "value");
  first.closeSync();
  const bytes = bytesOf(disk, activeOf(disk));
  bytes[30]! ^= 1;
  const file = disk.open(activeOf(disk), "append");
  file.truncate(0);
  file.append(bytes, 0, bytes.length);
  file.fsyncSync();
  file.close();
  const second = openStore(fileSystem, options);
  expect(second.stats().checkpoint).toBe("stale");
  second.put("c", "acknowledged");
  second.fsyncSync();
  disk.killProcess();
  expect(openStore(fileSystem, options).has("c")).toBe(true);
});
