import { encodeRecord, RecordType } from "@datawal/format";
import { isRightAnswer } from "@datawal/oracle";
import type { FileSystem } from "@datawal/safeatomic";
import { describe, expect, test } from "vitest";
import { casesOf, damageFamilies } from "../src/layers/bytes/bytes-run.js";
import { bytesLayer, createBytesLayer } from "../src/layers/bytes/index.js";
import { mixedSegments } from "../src/layers/bytes/mixed-store.js";
import { only, overriding, slice, wrongFiles } from "./kit/planted.js";

const SEED = 20261120;

test("the mixed store is what the layer promises: 64 KiB, three segments, all types, keys to 40 bytes, payloads to 2 KiB", () => {
  const segments = mixedSegments(SEED);
  const records = segments.flat();
  expect(segments).toHaveLength(3);
  expect(records.reduce((sum, record) => sum + encodeRecord(record).length, 0) * 8).toBe(524_288);
  for (const segment of segments) expect(new Set(segment.map(({ type }) => type)).size).toBe(3);
  const keyLens = records.filter(({ type }) => type === RecordType.Put).map(({ key }) => key.length);
  expect([Math.min(...keyLens), Math.max(...keyLens)]).toEqual([0, 40]);
  const payloadLens = records.map(({ payload }) => payload.length);
  expect(Math.max(...payloadLens)).toBeGreaterThan(1900);
  expect(Math.max(...payloadLens)).toBeLessThanOrEqual(2048);
});

test("the oracle knows Put and Delete by the format's numbers", () => {
  const [key, payload] = [Uint8Array.of(1), Uint8Array.of(2)];
  isRightAnswer([{ type: RecordType.Put, txid: 1n, key, payload }], () => payload);
  isRightAnswer([{ type: RecordType.Delete, txid: 1n, key, payload }], () => undefined);
  expect(() => isRightAnswer([{ type: RecordType.Put, txid: 1n, key, payload }], () => undefined)).toThrow();
});

test("a slice of the product has no violation, and stores of both kinds: refused and opened", async () => {
  const { cases, violations, classes } = await bytesLayer.run(slice(17, 15_000));
  expect(violations).toEqual([]);
  expect(cases).toBeGreaterThan(40);
  for (const kind of ["truncation", "one-bit"])
    for (const outcome of ["opened", "refused"]) expect(classes).toHaveProperty([`${kind}: ${outcome}`]);
});

test("slices together are all cases, and no case is in two", () => {
  const families = damageFamilies(SEED);
  const names = (index: number) =>
    Array.from(casesOf(slice(index, 5000), families), ({ family, index }) => `${family.name}/${index}`);
  const all = families.reduce((sum, { count }) => sum + count, 0);
  const some = [0, 1, 4999].flatMap(names);
  expect(new Set(some).size).toBe(some.length);
  expect(Math.abs(some.length - (3 * all) / 5000)).toBeLessThan(3);
});

test("a damaged marker costs no record, and holes are told where no marker names them", () => {
  const family = damageFamilies(SEED).find(({ name }) => name === "marker")!;
  expect(family.count).toBeGreaterThan(1000);
  for (let index = 0; index < family.count; index += 8) family.judge(index, {}, () => {});
});

// A forged key of 64 KiB is a run of zeros long enough that the tail is kept in two files.
test("a tail that is kept in parts is kept", async () => {
  expect((await bytesLayer.run(only("forged-length/0"))).violations).toEqual([]);
});

test("an unknown case is refused, with what there is", async () => {
  await expect(bytesLayer.run(only("one-bit/524288"))).rejects.toThrow("one-bit/0 to 524287");
});

describe("what is wrong is found", () => {
  /** Takes every frame for whole that has a txid of the store, whatever its bytes. */
  test("a CRC that is always right: 2 prefix", async () => {
    const stored = new Map(
      mixedSegments(SEED)
        .flat()
        .map((record) => [
          record.txid,
          new DataView(encodeRecord(record).slice(-4).buffer).getUint32(0, true),
        ]),
    );
    const crc32c = (bytes: Uint8Array) =>
      (bytes.length >= 24 &&
        stored.get(new DataView(bytes.buffer, bytes.byteOffset).getBigUint64(8, true))) ||
      0;
    await expectViolation({ crc32c }, "one-bit/4000", "2 prefix");
  });

  test("a disk that turns a bit of every sealed segment: 4 opens", async () => {
    const wrap = (disk: FileSystem) => readingWrongly(disk, (path) => path.endsWith("1.dwal"));
    await expectViolation({ wrap }, "frame-dropped/70", "4 opens");
  });

  test("a tail that comes back when the store is closed: 5 idempotent", async () => {
    await expectViolation({ wrap: bringingBack }, "truncation/65000", "5 idempotent");
  });

  test("an open that leaves something in a store that it refuses: 6 source untouched", async () => {
    const wrap = (disk: FileSystem) =>
      overriding(disk, {
        lock: (path, owner) => {
          disk.open("/store/left", "create").close();
          return disk.lock(path, owner);
        },
      });
    await expectViolation({ wrap }, "one-bit/4000", "6 source untouched");
  });

  test("a value that is read with a bit turned: 7 no wrong answer", async () => {
    const wrap = (disk: FileSystem) => readingWrongly(disk, (_path, fileOffset) => fileOffset > 0);
    await expectViolation({ wrap }, "frame-dropped/70", "7 no wrong answer");
  });

  test("a quarantine file of zeros: what is cut off is kept", async () => {
    const wrap = (disk: FileSystem) =>
      wrongFiles(disk, (file, path) => ({
        append: (source, offset, byteCount) =>
          path.includes(".cut-")
            ? file.append(new Uint8Array(byteCount), 0, byteCount)
            : file.append(source, offset, byteCount),
      }));
    await expectViolation({ wrap }, "truncation/65000", "what is cut off is kept");
  });

  test("the story tells the damage, what recovery said, and the sentence that broke", async () => {
    const wrap = (disk: FileSystem) => readingWrongly(disk, (_path, fileOffset) => fileOffset > 0);
    const { violations } = await createBytesLayer({ wrap }).run(only("truncation/65000"));
    expect(violations[0]?.story).toMatch(
      /^damage: {3}00000003\.dwal cut to \d+ bytes.*\nrecovery: opened with \d+ of \d+ records, cut-body at offset \d+ of segment 3; .*\nbroken: {3}7 no wrong answer: get of key/,
    );
  });
});

async function expectViolation(
  fault: Parameters<typeof createBytesLayer>[0],
  name: string,
  sentence: string,
): Promise<void> {
  const { violations } = await createBytesLayer(fault).run(only(name));
  expect(violations).toMatchObject([{ sentence, case: name }]);
  expect((await bytesLayer.run(only(name))).violations).toEqual([]);
}

function readingWrongly(
  disk: FileSystem,
  isWrong: (path: string, fileOffset: number) => boolean,
): FileSystem {
  return wrongFiles(disk, (file, path) => ({
    readAt: (target, targetOffset, byteCount, fileOffset) => {
      const count = file.readAt(target, targetOffset, byteCount, fileOffset);
      if (count > 30 && isWrong(path, fileOffset)) target[targetOffset + 30]! ^= 1;
      return count;
    },
  }));
}

/** A disk that appends what was cut off a file again when the lock is released. */
function bringingBack(disk: FileSystem): FileSystem {
  const tails: { path: string; bytes: Uint8Array }[] = [];
  const cutting = wrongFiles(disk, (file, path) => ({
    truncate: (size) => {
      const bytes = new Uint8Array(file.stat().size - size);
      file.readAt(bytes, 0, bytes.length, size);
      tails.push({ path, bytes });
      file.truncate(size);
    },
  }));
  return overriding(cutting, {
    lock: (path, owner) => {
      const lock = disk.lock(path, owner);
      if (lock.state === "refused") return lock;
      const release = () => {
        for (const tail of tails.splice(0))
          disk.open(tail.path, "append").append(tail.bytes, 0, tail.bytes.length);
        lock.release();
      };
      return overriding(lock, { release });
    },
  });
}
