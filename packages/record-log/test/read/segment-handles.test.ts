import { encodeRecord, RecordType } from "@datawal/format";
import type { FileSystem } from "@datawal/safeatomic";
import { createSimulatedDisk, withFaults } from "@datawal/safeatomic/testing";
import { describe, expect, test } from "vitest";
import { isRecordLogError, type RecordRef } from "../../src/index.js";
import { segmentName } from "../../src/store/store-names.js";
import { concat, flipped, frames, put, raw } from "../kit/frames.js";
import { wrappingOpenFiles } from "../kit/open-file-wrapper.js";
import { openLog, openReader, payloadsOf } from "../kit/open-log.js";
import { traced } from "../kit/port-trace.js";
import { thrownBy } from "../kit/read-back.js";
import { diskWith, overwriteFile, readFile, removeFile, STORE, writeFiles } from "../kit/store-files.js";

const FIRST = "00000001.dwal";
const SECOND = "00000002.dwal";

describe("read", () => {
  test("gives back what was appended, as copies", () => {
    const log = openLog();
    const ref = log.appendRecord(RecordType.Put, "key", "value");
    const record = log.read(ref);
    expect(record).toEqual({
      ...ref,
      type: RecordType.Put,
      key: new TextEncoder().encode("key"),
      payload: new TextEncoder().encode("value"),
    });
    record.payload.fill(0);
    record.key.fill(0);
    expect(new TextDecoder().decode(log.read(ref).payload)).toBe("value");
  });

  test("leaves what it gave before as it was", () => {
    const log = openLog();
    const first = log.read(log.appendRecord(RecordType.Put, "key", "value"));
    log.read(log.appendRecord(RecordType.Put, "xxx", "yyyyy"));
    expect([first.key, first.payload].map((bytes) => new TextDecoder().decode(bytes))).toEqual([
      "key",
      "value",
    ]);
  });

  test("finds records of every size, after a larger one as well", () => {
    const log = openLog();
    const payloads = [0, 10, 4096, 4097, 1 << 20, (1 << 20) + 1, 3_000_000, 5].map((size) =>
      new Uint8Array(size).fill(size % 251),
    );
    const refs = payloads.map((payload) => log.append(payload));
    refs.forEach((ref, index) => {
      expect(Buffer.compare(log.read(ref).payload, payloads[index]!)).toBe(0);
    });
  });

  test("of what was appended last is no call of the port", () => {
    const { fileSystem, takeNames } = traced(createSimulatedDisk());
    const log = openLog(fileSystem);
    const refs = [log.append("a"), ...log.appendMany(["b", "c"]), ...log.appendGroup(["d", "e"])];
    takeNames();
    expect(refs.map((ref) => new TextDecoder().decode(log.read(ref).payload)).join("")).toBe("abcde");
    expect(takeNames()).toEqual([]);
  });

  test("of a place where no record begins is told from one, also where the bytes are in memory", () => {
    const log = openLog();
    // A payload that is a frame, and one that is the beginning of another.
    const frame = encodeRecord({ type: RecordType.Raw, txid: 1n, payload: new Uint8Array(9) });
    frame[30]! ^= 1;
    const { segment, offset } = log.append(frame);
    const within = { segment, offset: offset + 24, len: frame.length };
    expect(thrownBy(() => log.read(within))).toMatchObject({ code: "ERR_DATAWAL_RECORD_UNREADABLE" });
  });

  test("is one call of the port once the segment is open", () => {
    const { fileSystem, takeNames } = traced(createSimulatedDisk());
    const log = openLog(fileSystem, { cacheBytes: 0 });
    const ref = log.append("a");
    takeNames();
    log.read(ref);
    expect(takeNames()).toEqual([`open ${STORE}/${FIRST}`, `file.readAt ${STORE}/${FIRST}`]);
    log.read(ref);
    expect(takeNames()).toEqual([`file.readAt ${STORE}/${FIRST}`]);
  });

  test("goes on after a short read", () => {
    const disk = createSimulatedDisk();
    const oneByOne = wrappingOpenFiles(disk, (file) => ({
      readAt: (target, targetOffset, byteCount, fileOffset) =>
        file.readAt(target, targetOffset, Math.min(byteCount, 1), fileOffset),
    }));
    const log = openLog(oneByOne);
    expect(log.read(log.append("abc")).payload.length).toBe(3);
  });

  test("at any wrong offset or length is an error that says what is there", () => {
    const log = openLog();
    log.append("first");
    const { segment, offset, len } = log.append("second");
    log.append("third");
    const wrong: [RecordRef, string][] = [
      [{ segment, offset: offset + 1, len }, "bad-magic"],
      [{ segment, offset, len: len - 1 }, "truncated"],
      [{ segment, offset, len: len + 1 }, `a frame of ${len} bytes`],
      [{ segment, offset: 1_000_000, len }, "truncated"],
      [{ segment, offset: Number.MAX_SAFE_INTEGER, len }, "truncated"],
      [{ segment: 2, offset: 0, len }, "no such segment"],
      [{ segment: 0, offset: 0, len }, "no such segment"],
    ];
    for (const [ref, reason] of wrong) {
      const error = thrownBy(() => log.read(ref));
      expect(isRecordLogError(error, "ERR_DATAWAL_RECORD_UNREADABLE")).toBe(true);
      expect(error).toMatchObject({ ...ref, reason });
    }
    for (let off = 0; off < 100; off++) {
      if (off === offset) continue;
      expect(thrownBy(() => log.read({ segment, offset: off, len }))).toMatchObject({
        code: "ERR_DATAWAL_RECORD_UNREADABLE",
      });
    }
  });

  test("never returns a record of which one bit has turned", () => {
    const good = frames(put(1, "key", "value"));
    const behind = frames(raw(2, "as it was"));
    for (let bit = 0; bit < good.length * 8; bit++) {
      const disk = diskWith({ [FIRST]: concat(good, behind) });
      const reader = openReader(disk);
      overwriteFile(disk, FIRST, concat(flipped(good, bit), behind));
      expect(
        thrownBy(() => reader.read({ segment: 1, offset: 0, len: good.length })),
        `bit ${bit}`,
      ).toMatchObject({ code: "ERR_DATAWAL_RECORD_UNREADABLE" });
    }
  });

  // A length was allocated before anything was known about it: 2^53 bytes ended in "Invalid array buffer length".
  test("of what is no place or no length of a frame is refused before a file is opened", () => {
    const { fileSystem, takeNames } = traced(createSimulatedDisk());
    const log = openLog(fileSystem);
    const good = log.append("a");
    takeNames();
    for (const wrong of [Number.NaN, -1, 1.5, "0", undefined, null, 2 ** 53, Number.POSITIVE_INFINITY, 1n])
      for (const field of ["segment", "offset", "len"]) {
        const error = thrownBy(() => log.read({ ...good, [field]: wrong } as RecordRef));
        expect(error).toBeInstanceOf(RangeError);
        expect(error, `${field} ${wrong}`).toMatchObject({ code: "ERR_DATAWAL_BAD_REF" });
      }
    for (const ref of [
      { ...good, len: 27 },
      { ...good, len: 67_174_429 },
      { ...good, segment: 100_000_000 },
      undefined,
      null,
      "1:0",
    ])
      expect(thrownBy(() => log.read(ref as RecordRef))).toMatchObject({ code: "ERR_DATAWAL_BAD_REF" });
    expect(takeNames()).toEqual([]);
  });

  // The port's own error came through, without a code of ours.
  test.each(["open", "file.readAt"])(
    "that fails in %s is an error with a code, and poisons nothing",
    (operation) => {
      let isBroken = false;
      const fileSystem = withFaults(createSimulatedDisk(), (call) =>
        isBroken && call.operation === operation ? { errno: "EIO" } : undefined,
      );
      const log = openLog(fileSystem, { cacheBytes: 0 });
      const ref = log.append("a");
      isBroken = true;
      expect(thrownBy(() => log.read(ref))).toMatchObject({
        code: "ERR_DATAWAL_STORE_IO",
        operation: "read",
        path: `${STORE}/${FIRST}`,
        errno: "EIO",
      });
      isBroken = false;
      expect(log.read(ref).payload.length).toBe(1);
      expect(log.isPoisoned).toBe(false);
    },
  );
});

describe("descriptors", () => {
  function openWithSegments(count: number) {
    const { fileSystem, takeCalls } = traced(createSimulatedDisk());
    const log = openLog(fileSystem, { segmentBytesMax: 1, cacheBytes: 0 });
    const refs = Array.from({ length: count }, (_, index) => log.append(`${index}`));
    takeCalls();
    const opened = () => takeCalls().filter(({ operation }) => operation === "open").length;
    return { fileSystem, log, refs, opened };
  }

  test("of at most 16 segments are kept open, whatever is read", () => {
    const { fileSystem, log, refs } = openWithSegments(40);
    const forWriting = fileSystem.openFileCount;
    for (const ref of [...refs, ...refs.toReversed(), ...refs]) {
      expect(log.read(ref).txid).toBe(ref.txid);
      expect(fileSystem.openFileCount - forWriting).toBeLessThanOrEqual(16);
    }
    expect(fileSystem.openFileCount - forWriting).toBe(16);
  });

  test("that were used least recently are closed first", () => {
    const { log, refs, opened } = openWithSegments(17);
    for (const ref of refs.slice(0, 16)) log.read(ref);
    log.read(refs[0]!);
    expect(opened()).toBe(16);
    log.read(refs[16]!);
    log.read(refs[0]!);
    expect(opened()).toBe(1);
    log.read(refs[1]!);
    expect(opened()).toBe(1);
  });

  test("are all closed with the log", () => {
    const { fileSystem, log, refs } = openWithSegments(20);
    for (const ref of refs) log.read(ref);
    log.closeSync();
    expect(fileSystem.openFileCount).toBe(0);
  });
});

// It was read by name, whatever had the name by then: the answer was another store's, or blamed damage.
test("a reader that had opened no segment yet says that it is stale where that one was removed or replaced", () => {
  const disk = diskWith({ [FIRST]: frames(raw(1, "a")), [SECOND]: frames(raw(2, "newest")) });
  const reader = openReader(disk);
  const { length } = readFile(disk, FIRST);
  const ref = { segment: 1, offset: 0, len: length };
  const stale = { code: "ERR_DATAWAL_READER_STALE", path: `${STORE}/${FIRST}` };
  removeFile(disk, FIRST);
  expect(thrownBy(() => reader.read(ref))).toMatchObject({ ...stale, cause: { code: "ENOENT" } });
  writeFiles(disk, { [FIRST]: frames(raw(1, "b")) });
  expect(thrownBy(() => reader.peek(ref))).toMatchObject(stale);
  expect(thrownBy(() => [...reader.peekMany([ref])])).toMatchObject(stale);
  expect(thrownBy(() => [...reader.scan()])).toMatchObject(stale);
  reader.refreshSync();
  expect(payloadsOf(reader.scan())).toEqual(["b", "newest"]);
  expect(thrownBy(() => reader.read({ ...ref, segment: 3 }))).toMatchObject({
    code: "ERR_DATAWAL_RECORD_UNREADABLE",
    reason: "no such segment",
  });
});

test("a reader holds the newest segment that it has seen, which answers whatever becomes of its name", () => {
  const files = Array.from({ length: 20 }, (_, index) => [
    segmentName(index + 1),
    frames(raw(index + 1, "a")),
  ]);
  const disk = diskWith(Object.fromEntries(files));
  const reader = openReader(disk);
  const refs = [...reader.scan()];
  for (const ref of refs) reader.read(ref);
  for (const ref of refs.slice(0, 19)) reader.read(ref);
  removeFile(disk, segmentName(20));
  expect(reader.read(refs[19]!).txid).toBe(20n);
  removeFile(disk, segmentName(1));
  expect(thrownBy(() => reader.read(refs[0]!))).toMatchObject({ code: "ERR_DATAWAL_READER_STALE" });
});

// A reference names a place and a length, and a repair had put another record of that length there: it was shown as
// the one that had been asked for.
describe("a reader from before a repair that cut synced records", () => {
  const before = [raw(1, "a"), raw(2, "b"), raw(3, "c")];

  /** All but the first record is cut, and others of the same length follow; `again` of them are as they were. */
  function repaired(disk: FileSystem, again = 0): void {
    const whole = frames(...before);
    overwriteFile(disk, FIRST, flipped(whole, frames(before[0]!).length * 8));
    const log = openLog(disk);
    for (const text of ["B", "C", "D"].slice(again)) log.append(text);
    log.closeSync();
  }

  function opened() {
    const trace = traced(diskWith({ [FIRST]: frames(...before) }));
    const reader = openReader(trace.fileSystem);
    const refs = [...reader.scan()].map(({ segment, offset, len }) => ({ segment, offset, len }));
    return { ...trace, reader, refs };
  }

  test("never shows a record that stands in the place of one it saw, and goes on showing what still stands", () => {
    const { fileSystem, reader, refs } = opened();
    for (const ref of refs) reader.read(ref);
    repaired(fileSystem);
    const stale = { code: "ERR_DATAWAL_READER_STALE", path: `${STORE}/${FIRST}` };
    for (const ref of refs.slice(1)) {
      expect(thrownBy(() => reader.read(ref))).toMatchObject(stale);
      expect(thrownBy(() => reader.peek(ref))).toMatchObject(stale);
      expect(thrownBy(() => [...reader.peekMany([ref])])).toMatchObject(stale);
    }
    const shown = (ref: RecordRef) => new TextDecoder().decode(reader.read(ref).payload);
    expect(shown(refs[0]!)).toBe("a");
    reader.refreshSync();
    expect(refs.map(shown)).toEqual(["a", "B", "C"]);
  });

  test("says that it is stale, and not that there is damage, where a record is cut off and none follows", () => {
    const { fileSystem, reader, refs } = opened();
    repaired(fileSystem, 3);
    for (const ref of refs.slice(1))
      expect(thrownBy(() => reader.read(ref))).toMatchObject({ code: "ERR_DATAWAL_READER_STALE" });
  });

  // A bank's reader beside the next writer's repair: its record was cut, and written again behind the look at it.
  test("shows what a repair has cut and written again meanwhile", () => {
    let cuts = 0;
    const cutting = wrappingOpenFiles(diskWith({ [FIRST]: frames(...before) }), (file) => ({
      readAt: (target, targetOffset, byteCount, offset) =>
        offset > 0 && byteCount > 4 && cuts-- > 0 ? 0 : file.readAt(target, targetOffset, byteCount, offset),
    }));
    const reader = openReader(cutting);
    const [, ...refs] = [...reader.scan()];
    cuts = 1;
    expect(payloadsOf([reader.read(refs[0]!)])).toEqual(["b"]);
    cuts = 1;
    const drawn = Array.from(reader.peekMany(refs), ({ payload }) => Buffer.from(payload).toString());
    expect(drawn).toEqual(["b", "c"]);
    cuts = 10;
    expect(thrownBy(() => reader.read(refs[0]!))).toMatchObject({ code: "ERR_DATAWAL_RECORD_UNREADABLE" });
  });

  test("knows a record that it saw; of another, and of a run, it asks for four bytes of the newest segment", () => {
    const { fileSystem, takeCalls } = traced(
      diskWith({ [FIRST]: frames(raw(1, "a")), [SECOND]: frames(raw(2, "b"), raw(300_000, "c")) }),
    );
    const reader = openReader(fileSystem);
    const [sealed, newest, tooFar] = [...reader.scan()];
    const bytesRead = (read: () => void) => {
      takeCalls();
      read();
      return takeCalls().flatMap(({ operation, byteCount }) =>
        operation === "file.readAt" ? [byteCount] : [],
      );
    };
    expect(bytesRead(() => reader.read(sealed!))).toEqual([29]);
    expect(bytesRead(() => reader.read(newest!))).toEqual([29]);
    expect(bytesRead(() => reader.read(tooFar!))).toEqual([29, 4]);
    expect(bytesRead(() => [...reader.peekMany([sealed!, newest!, tooFar!])])).toEqual([29, 58, 4]);
  });

  // References from before a refresh that had found a repair were drawn on, and read from the log behind it.
  test("draws no record further when a refresh has found the repair", () => {
    const { fileSystem, reader, refs } = opened();
    const records = reader.peekMany([refs[2]!, refs[1]!]);
    records.next();
    repaired(fileSystem);
    reader.refreshSync();
    expect(thrownBy(() => records.next())).toMatchObject({ code: "ERR_DATAWAL_READER_STALE" });
    expect([...reader.peekMany(refs)].length).toBe(3);
  });
});
