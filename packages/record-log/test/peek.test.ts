import { HEADER_LEN, RecordType } from "@datawal/format";
import { createSimulatedDisk, withFaults } from "@datawal/safeatomic/testing";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { RecordRef } from "../src/index.js";
import { frames, put, raw } from "./kit/frames.js";
import { openLog, openReader } from "./kit/open-log.js";
import { traced } from "./kit/port-trace.js";
import { thrownBy } from "./kit/read-back.js";
import { diskWith, overwriteFile, readFile, STORE } from "./kit/store-files.js";

const FIRST = "00000001.dwal";
const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);

test("peek gives the record through one cursor, until the next one", () => {
  const log = openLog();
  const first = log.peek(log.appendRecord(RecordType.Put, "key", "value"));
  expect([first.type, first.txid, text(first.key), text(first.payload)]).toEqual([
    RecordType.Put,
    1n,
    "key",
    "value",
  ]);
  expect(log.peek(log.append("other"))).toBe(first);
  expect(text(first.payload)).toBe("other");
});

test("peek refuses what read refuses", () => {
  const log = openLog();
  const ref = log.append("a");
  expect(thrownBy(() => log.peek({ ...ref, len: ref.len + 1 }))).toMatchObject({
    code: "ERR_DATAWAL_RECORD_UNREADABLE",
  });
  expect(thrownBy(() => log.peek({ ...ref, offset: -1 }))).toMatchObject({ code: "ERR_DATAWAL_BAD_REF" });
  log.closeSync();
  expect(thrownBy(() => log.peek(ref))).toMatchObject({ code: "ERR_DATAWAL_CLOSED" });
});

describe("peekMany", () => {
  /** Records of many sizes over a few segments. */
  function filled(sizes: readonly number[]) {
    const trace = traced(createSimulatedDisk());
    const log = openLog(trace.fileSystem, { segmentBytesMax: 400_000 });
    const refs = sizes.map((size, index) => log.append(new Uint8Array(size).fill(index)));
    trace.takeNames();
    return { ...trace, log, refs };
  }

  const reads = (names: readonly string[]) => names.filter((name) => name.startsWith("file.readAt"));

  test("gives each record as read does, in whatever order they are asked for", () => {
    const sizes = fc.array(fc.oneof(fc.nat(300), fc.nat(70_000), fc.constant(300_000)), { maxLength: 30 });
    fc.assert(
      fc.property(sizes, fc.array(fc.nat(1000), { maxLength: 60 }), fc.boolean(), (sizes, picks, inOrder) => {
        const { log, refs } = filled(sizes);
        const asked = inOrder || refs.length === 0 ? refs : picks.map((pick) => refs[pick % refs.length]!);
        let index = 0;
        for (const { txid, payload } of log.peekMany(asked)) {
          const expected = log.read(asked[index++]!);
          expect(txid).toBe(expected.txid);
          expect(Buffer.compare(payload, expected.payload)).toBe(0);
        }
        expect(index).toBe(asked.length);
      }),
      { numRuns: 40 },
    );
  });

  test("reads neighbours by one read, and what lies apart by its own", () => {
    const { log, refs, takeNames } = filled(Array(100).fill(500));
    expect([...log.peekMany(refs)].length).toBe(100);
    expect(takeNames()).toEqual([`open ${STORE}/${FIRST}`, `file.readAt ${STORE}/${FIRST}`]);
    expect([...log.peekMany([refs[0]!, refs[99]!, refs[1]!])].length).toBe(3);
    expect(reads(takeNames()).length).toBe(3);
  });

  test("reads at most 256 KiB at once, but for a single record", () => {
    const { log, refs, takeNames } = filled([100_000, 100_000, 100_000, 300_000, 10]);
    expect([...log.peekMany(refs)].length).toBe(5);
    expect(reads(takeNames()).length).toBe(4);
  });

  test("gives the records before a damaged one, and names that one", () => {
    const disk = diskWith({ [FIRST]: frames(raw(1, "a"), put(2, "k", "v"), raw(3, "c")) });
    const log = openReader(disk);
    const refs = [...log.scan()].map(({ segment, offset, len }) => ({ segment, offset, len }));
    const bytes = readFile(disk, FIRST).slice();
    bytes[refs[1]!.offset + HEADER_LEN]! ^= 1;
    overwriteFile(disk, FIRST, bytes);
    const seen: bigint[] = [];
    const error = thrownBy(() => {
      for (const { txid } of log.peekMany(refs)) seen.push(txid);
    });
    expect(seen).toEqual([1n]);
    expect(error).toMatchObject({ code: "ERR_DATAWAL_RECORD_UNREADABLE", offset: refs[1]!.offset });
  });

  test("ends with an error when its log is closed, and leaves no file open", () => {
    const port = withFaults(createSimulatedDisk(), () => undefined);
    const log = openLog(port, { segmentBytesMax: 100 });
    const refs = Array.from({ length: 5 }, () => log.append(new Uint8Array(80)));
    const records = log.peekMany(refs);
    records.next();
    log.closeSync();
    expect(thrownBy(() => records.next())).toMatchObject({ code: "ERR_DATAWAL_CLOSED" });
    expect(port.openFileCount).toBe(0);
  });

  test("refuses what is no place", () => {
    const refs = [{ segment: 1, offset: 0, len: 3 }] as RecordRef[];
    expect(thrownBy(() => [...openLog().peekMany(refs)])).toMatchObject({ code: "ERR_DATAWAL_BAD_REF" });
  });
});
