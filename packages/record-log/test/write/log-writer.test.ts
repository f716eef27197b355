import { runInNewContext } from "node:vm";
import { MAX_KEY_LEN, MAX_PAYLOAD_LEN, RecordType } from "@datawal/format";
import { createSimulatedDisk } from "@datawal/safeatomic/testing";
import { describe, expect, test } from "vitest";
import { type AppendInput, isRecordLogError } from "../../src/index.js";
import { frames, raw } from "../kit/frames.js";
import { openLog, payloadsOf, payloadsOnDisk } from "../kit/open-log.js";
import { traced } from "../kit/port-trace.js";
import { thrownBy } from "../kit/read-back.js";
import { diskWith, filesOf, STORE } from "../kit/store-files.js";

const MIB = 1 << 20;
const lone = "\ud800";

/** Values that are not bytes, each with the code that says so. */
const NOT_BYTES: [unknown, string][] = [
  [undefined, "ERR_DATAWAL_NOT_BYTES"],
  [null, "ERR_DATAWAL_NOT_BYTES"],
  [7, "ERR_DATAWAL_NOT_BYTES"],
  [{}, "ERR_DATAWAL_NOT_BYTES"],
  [[1, 2], "ERR_DATAWAL_NOT_BYTES"],
  [new Uint16Array(2), "ERR_DATAWAL_NOT_BYTES"],
  [new ArrayBuffer(2), "ERR_DATAWAL_NOT_BYTES"],
  [lone, "ERR_DATAWAL_MALFORMED_STRING"],
];

describe("append", () => {
  test("says where each record lies and counts txids from 1", () => {
    const log = openLog();
    expect(log.append("a")).toEqual({ segment: 1, offset: 0, len: 29, txid: 1n });
    expect(log.appendRecord(RecordType.Put, "k", "v")).toEqual({ segment: 1, offset: 29, len: 30, txid: 2n });
    expect(log.appendRecord(RecordType.Delete, "", "")).toEqual({
      segment: 1,
      offset: 59,
      len: 28,
      txid: 3n,
    });
    expect(log.lastTxid).toBe(3n);
  });

  test("is one write call, whatever the size of the record", () => {
    const { fileSystem, takeNames } = traced(createSimulatedDisk());
    const log = openLog(fileSystem);
    takeNames();
    log.append("small");
    expect(takeNames()).toEqual([`file.append ${STORE}/00000001.dwal`]);
    log.append(new Uint8Array(MIB));
    expect(takeNames()).toEqual([`file.appendParts ${STORE}/00000001.dwal`]);
  });

  test("takes a Buffer and shared memory, and gives back plain bytes", () => {
    const log = openLog();
    const shared = new Uint8Array(new SharedArrayBuffer(3)).fill(7);
    log.appendRecord(RecordType.Put, Buffer.from("key"), Buffer.from("value"));
    log.append(shared);
    const [first, second] = [...log.scan()];
    expect(first).toMatchObject({ key: new TextEncoder().encode("key") });
    expect(Buffer.isBuffer(first!.key) || Buffer.isBuffer(first!.payload)).toBe(false);
    expect(second!.payload).toEqual(new Uint8Array([7, 7, 7]));
  });

  test("bytes may be reused as soon as it has returned", () => {
    const log = openLog();
    for (const size of [5, 100_000]) {
      const payload = new Uint8Array(size).fill(1);
      const ref = log.append(payload);
      payload.fill(2);
      expect(log.read(ref).payload.every((byte) => byte === 1)).toBe(true);
    }
  });

  test("what is not bytes, or no record type, is refused and nothing is written", () => {
    const { fileSystem, takeNames } = traced(createSimulatedDisk());
    const log = openLog(fileSystem);
    takeNames();
    for (const [value, code] of NOT_BYTES) {
      expect(thrownBy(() => log.append(value as string))).toMatchObject({ code });
      expect(thrownBy(() => log.appendRecord(RecordType.Put, value as string, ""))).toMatchObject({ code });
      expect(thrownBy(() => log.appendRecord(RecordType.Put, "", value as string))).toMatchObject({ code });
    }
    for (const type of [3, -1, "Put", undefined, 1.5]) {
      const code = "ERR_DATAWAL_BAD_RECORD_TYPE";
      expect(thrownBy(() => log.appendRecord(type as RecordType, "", ""))).toMatchObject({ code });
    }
    expect(takeNames()).toEqual([]);
    expect(log.isPoisoned).toBe(false);
    expect(log.append("next").txid).toBe(1n);
  });

  test("a key of 64 KiB is taken, one more byte is refused; nothing is written and nothing poisoned", () => {
    const log = openLog();
    const longest = log.appendRecord(RecordType.Put, new Uint8Array(MAX_KEY_LEN), "v");
    const code = "ERR_DATAWAL_KEY_TOO_LARGE";
    expect(
      thrownBy(() => log.appendRecord(RecordType.Put, new Uint8Array(MAX_KEY_LEN + 1), "v")),
    ).toMatchObject({ code });
    expect(log.read(longest).key.length).toBe(MAX_KEY_LEN);
    expect(log.append("next")).toMatchObject({ offset: longest.len, txid: 2n });
  });

  test("a payload of 64 MiB is taken, one more byte is refused, as the key's limit is first", () => {
    const log = openLog();
    const tooLong = new Uint8Array(MAX_PAYLOAD_LEN + 1);
    const longest = log.append(tooLong.subarray(1));
    expect(thrownBy(() => log.append(tooLong))).toMatchObject({ code: "ERR_DATAWAL_PAYLOAD_TOO_LARGE" });
    expect(
      thrownBy(() => log.appendRecord(RecordType.Put, tooLong.subarray(0, MAX_KEY_LEN + 1), tooLong)),
    ).toMatchObject({ code: "ERR_DATAWAL_KEY_TOO_LARGE" });
    expect(longest.len).toBe(MAX_PAYLOAD_LEN + 28);
    expect(log.append("next")).toMatchObject({ segment: 2, offset: 0, txid: 2n });
  });
});

describe("txids", () => {
  test("go on over rotation, dropped segments and reopening", () => {
    const disk = createSimulatedDisk();
    const log = openLog(disk);
    log.append("1");
    log.rotateSync();
    log.append("2");
    log.rotateSync();
    log.dropSegmentsBeforeSync(3);
    expect(log.append("3").txid).toBe(3n);
    log.closeSync();
    const again = openLog(disk);
    expect(again.lastTxid).toBe(3n);
    expect(again.append("4").txid).toBe(4n);
  });

  test("2^64 - 2 is the last: 2^64 - 1 is refused before anything is written", () => {
    const { fileSystem, takeNames } = traced(
      diskWith({ "00000001.dwal": frames(raw(2n ** 64n - 3n, "third last")) }),
    );
    const log = openLog(fileSystem);
    expect(log.append("last").txid).toBe(2n ** 64n - 2n);
    takeNames();
    expect(thrownBy(() => log.append("none"))).toMatchObject({ code: "ERR_DATAWAL_TXID_LIMIT", path: STORE });
    expect(takeNames()).toEqual([]);
    expect(log.isPoisoned).toBe(false);
    expect(payloadsOf(log.scan())).toEqual(["third last", "last"]);
  });

  test("a log of the reference that ends with 2^64 - 1 takes no record more", () => {
    const log = openLog(diskWith({ "00000001.dwal": frames(raw(2n ** 64n - 1n, "overflowed")) }));
    expect(thrownBy(() => log.append("none"))).toMatchObject({ code: "ERR_DATAWAL_TXID_LIMIT" });
  });

  test("the limit in the middle of a batch writes nothing of its piece", () => {
    const log = openLog(diskWith({ "00000001.dwal": frames(raw(2n ** 64n - 4n, "fourth last")) }));
    const error = thrownBy(() => log.appendMany(["a", "b", "c"]));
    expect(error).toMatchObject({
      code: "ERR_DATAWAL_BATCH_FAILED",
      recordsAppended: 0,
      cause: { code: "ERR_DATAWAL_TXID_LIMIT" },
    });
    expect(log.appendMany(["a", "b"]).at(-1)!.txid).toBe(2n ** 64n - 2n);
  });
});

describe("appendMany", () => {
  test("is one write call, and says where each record lies", () => {
    const { fileSystem, takeNames } = traced(createSimulatedDisk());
    const log = openLog(fileSystem);
    log.append("first");
    takeNames();
    const appended = log.appendMany([
      "a",
      { type: RecordType.Put, key: "k", payload: "v" },
      new Uint8Array(2),
    ]);
    expect(takeNames()).toEqual([`file.append ${STORE}/00000001.dwal`]);
    expect(appended).toEqual([
      { segment: 1, offset: 33, len: 29, txid: 2n },
      { segment: 1, offset: 62, len: 30, txid: 3n },
      { segment: 1, offset: 92, len: 30, txid: 4n },
    ]);
    expect(appended.map((ref) => log.read(ref).txid)).toEqual([2n, 3n, 4n]);
  });

  test("an absent key or payload of a record is an empty one", () => {
    const log = openLog();
    log.appendMany([
      { type: RecordType.Delete },
      { type: RecordType.Raw, key: undefined, payload: undefined },
    ]);
    expect([...log.scan()]).toMatchObject([
      { type: RecordType.Delete, key: new Uint8Array(0), payload: new Uint8Array(0) },
      { type: RecordType.Raw, key: new Uint8Array(0), payload: new Uint8Array(0) },
    ]);
  });

  test("an empty iterable writes nothing", () => {
    const { fileSystem, takeNames } = traced(createSimulatedDisk());
    const log = openLog(fileSystem);
    takeNames();
    expect(log.appendMany([])).toEqual([]);
    expect(takeNames()).toEqual([]);
  });

  test("one write takes at most 1 MiB, a larger record is one of its own", () => {
    const { fileSystem, takeCalls } = traced(createSimulatedDisk());
    const log = openLog(fileSystem);
    takeCalls();
    const exact = new Uint8Array(MIB / 2 - 28);
    log.appendMany([exact, exact, "one more", new Uint8Array(9 * MIB), "and more"]);
    const sizes = takeCalls()
      .filter(({ operation }) => operation === "file.append")
      .map(({ byteCount }) => byteCount);
    expect(sizes).toEqual([MIB, 36, 9 * MIB + 28, 36]);
  });

  test("a batch that exceeds the segment rotates first", () => {
    const log = openLog(undefined, { segmentBytesMax: 100 });
    log.append("first");
    expect(log.appendMany(["a", "b", "c"])).toMatchObject([
      { segment: 2, offset: 0 },
      { segment: 2, offset: 29 },
      { segment: 2, offset: 58 },
    ]);
  });

  test("a batch that exceeds even a whole segment goes on in the next ones, none over its limit", () => {
    const disk = createSimulatedDisk();
    const log = openLog(disk, { segmentBytesMax: 100 });
    const appended = log.appendMany(Array.from({ length: 10 }, (_, index) => `${index}`));
    expect(appended.map(({ segment }) => segment)).toEqual([1, 1, 1, 2, 2, 2, 3, 3, 3, 4]);
    expect(Object.values(filesOf(disk)).map(({ length }) => length)).toEqual([87, 87, 87, 29]);
    expect(payloadsOf(log.scan())).toEqual(["0", "1", "2", "3", "4", "5", "6", "7", "8", "9"]);
  });

  test("a limit error writes nothing of its piece, and says what of the pieces before is there", () => {
    const log = openLog();
    const half = new Uint8Array(0.6 * MIB);
    const error = thrownBy(() =>
      log.appendMany([half, half, "lost", new Uint8Array(MAX_PAYLOAD_LEN + 1), "never"]),
    );
    expect(error).toMatchObject({
      code: "ERR_DATAWAL_BATCH_FAILED",
      recordsAppended: 1,
      appended: [{ segment: 1, offset: 0, txid: 1n }],
      cause: { code: "ERR_DATAWAL_PAYLOAD_TOO_LARGE" },
    });
    expect(log.isPoisoned).toBe(false);
    expect([...log.scan()].map(({ len }) => len)).toEqual([half.length + 28]);
    expect(log.append("next").txid).toBe(2n);
  });

  test("what an iterable throws is the cause, and its cleanup runs", () => {
    const log = openLog();
    let isCleanedUp = false;
    function* inputs() {
      try {
        yield "lost";
        throw new Error("out of records");
      } finally {
        isCleanedUp = true;
      }
    }
    expect(thrownBy(() => log.appendMany(inputs()))).toMatchObject({
      code: "ERR_DATAWAL_BATCH_FAILED",
      recordsAppended: 0,
      appended: [],
      cause: { message: "out of records" },
    });
    expect(isCleanedUp).toBe(true);
    expect(payloadsOf(log.scan())).toEqual([]);
    expect(log.append("next").txid).toBe(1n);
  });

  test("an iterable may read the log it is written to", () => {
    const log = openLog();
    log.appendMany(["a", "b"]);
    const copies = [...log.scan()].length;
    log.appendMany(
      (function* () {
        for (const { payload } of log.scan()) yield payload;
      })(),
    );
    expect(copies).toBe(2);
    expect(payloadsOf(log.scan())).toEqual(["a", "b", "a", "b"]);
  });

  test("an iterable that writes to the log is refused, and the batch with it", async () => {
    const log = openLog();
    const writes: [string, () => unknown][] = [
      ["append", () => log.append("x")],
      ["appendMany", () => log.appendMany(["x"])],
      ["fsyncSync", () => log.fsyncSync()],
      ["rotateSync", () => log.rotateSync()],
      ["dropSegmentsBeforeSync", () => log.dropSegmentsBeforeSync(1)],
      ["closeSync", () => log.closeSync()],
    ];
    for (const [name, write] of writes) {
      function* inputs() {
        write();
        yield "never";
      }
      expect(
        thrownBy(() => log.appendMany(inputs())),
        name,
      ).toMatchObject({
        code: "ERR_DATAWAL_BATCH_FAILED",
        cause: { code: "ERR_DATAWAL_REENTRANT" },
      });
    }
    const closing: Promise<void>[] = [];
    log.appendMany(
      (function* () {
        closing.push(log.close());
        yield "kept";
      })(),
    );
    await expect(closing[0]).rejects.toMatchObject({ code: "ERR_DATAWAL_REENTRANT" });
    expect(payloadsOf(log.scan())).toEqual(["kept"]);
    await log.close();
  });

  // `instanceof Uint8Array` took bytes of another realm, as in Jest, for a record without a type.
  test("bytes of another realm are a payload", () => {
    const log = openLog();
    log.appendMany([runInNewContext("Uint8Array.of(1, 2)") as Uint8Array]);
    expect([...log.scan()]).toMatchObject([{ type: RecordType.Raw, payload: Uint8Array.of(1, 2) }]);
  });

  // A string and bytes are iterable: `appendMany("hello")` made five records of one letter each.
  test("what is one payload, or no iterable at all, is refused", () => {
    const log = openLog();
    for (const inputs of ["hello", new Uint8Array(3), Buffer.from("x"), 5, null, undefined, {}]) {
      const error = thrownBy(() => log.appendMany(inputs as Iterable<AppendInput>));
      expect(error).toBeInstanceOf(TypeError);
      expect(error).toMatchObject({ code: "ERR_DATAWAL_BAD_RECORD" });
      expect(isRecordLogError(error, "ERR_DATAWAL_BAD_RECORD")).toBe(true);
    }
    expect(log.lastTxid).toBe(0n);
  });

  test("an input that is no record is refused with a code", () => {
    const log = openLog();
    const inputs: [unknown, string][] = [
      [null, "ERR_DATAWAL_BAD_RECORD"],
      [7, "ERR_DATAWAL_BAD_RECORD"],
      [{}, "ERR_DATAWAL_BAD_RECORD_TYPE"],
      [{ type: 9 }, "ERR_DATAWAL_BAD_RECORD_TYPE"],
      [{ type: 1, key: 5 }, "ERR_DATAWAL_NOT_BYTES"],
      [new Uint16Array(1), "ERR_DATAWAL_NOT_BYTES"],
      [lone, "ERR_DATAWAL_MALFORMED_STRING"],
    ];
    for (const [input, code] of inputs)
      expect(thrownBy(() => log.appendMany([input as AppendInput]))).toMatchObject({ cause: { code } });
  });
});

test("what one process has appended another reads", () => {
  const disk = createSimulatedDisk();
  const log = openLog(disk);
  log.append("a");
  log.appendMany(["b", "c"]);
  expect(payloadsOnDisk(disk)).toEqual(["a", "b", "c"]);
  log.closeSync();
});
