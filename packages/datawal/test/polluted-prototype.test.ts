import { encodeRecord, FrameDecoder, resync } from "@datawal/format";
import {
  fsyncDirSync,
  renameAtomicSync,
  writeAppendFsyncSync,
  writeAtomic,
  writeAtomicSync,
  writeOnceSync,
} from "@datawal/safeatomic";
import { createSimulatedDisk } from "@datawal/safeatomic/testing";
import { afterEach, expect, test } from "vitest";
import {
  DataWal,
  DataWalReader,
  RecordLog,
  RecordLogReader,
  RecordType,
  replaceStoreSync,
  salvageToSync,
  snapshotToSync,
  verifyLogSync,
} from "../src/index.js";

// A library that some program uses let anybody set properties of Object.prototype, and each of them was an option:
// `create: false` and no store could be made, `force: true` and a swap proved nothing.

const fail = () => {
  throw new Error("an option that nobody gave was taken");
};
const POLLUTION: Record<string, unknown> = {
  create: false,
  recover: "none",
  segmentBytesMax: 1,
  replay: fail,
  onReset: fail,
  onProgress: fail,
  onBadLine: fail,
  crc32c: fail,
  crc: fail,
  signal: AbortSignal.abort(new Error("an option that nobody gave was taken")),
  overwrite: false,
  force: true,
  dryRun: true,
  beyond: fail,
  mode: 0o000,
  permissions: 0o000,
  replace: false,
  ownsTemporary: true,
  like: "/nowhere",
  pollMs: -1,
  from: { segment: -1, offset: -1 },
  key: { encode: fail, decode: fail },
  maxPayloadLen: 0,
  budget: 0,
  afterTxid: 99n,
  autoCompact: "none",
  minWasteRatio: "none",
  onRemoved: fail,
};

afterEach(() => {
  for (const name of Object.keys(POLLUTION)) Reflect.deleteProperty(Object.prototype, name);
});

function pollute(): void {
  for (const [name, value] of Object.entries(POLLUTION))
    Object.defineProperty(Object.prototype, name, { value, configurable: true, writable: true });
}

test("what lies on Object.prototype is no option of any call", async () => {
  const fileSystem = createSimulatedDisk();
  const disk = { fileSystem };
  pollute();

  for (const options of [disk, { ...disk, signal: undefined }]) {
    const store = await DataWal.open("/store", options);
    store.put("key", "value");
    store.put("other", "value");
    await store.fsync();
    await store.exportJsonl("/export");
    store.exportJsonlSync("/export", {});
    await store.importJsonl("/export");
    expect(store.importJsonlSync("/export", {})).toEqual({ recordsImported: 2, linesSkipped: 0 });
    expect([...store.scan({})].length).toBeGreaterThanOrEqual(6);
    expect(store.recoveryReport().warnings).toEqual([]);
    await store.close();
    const reader = await DataWalReader.open("/store", options);
    expect(reader.size).toBe(2);
    await reader.refresh();
    await reader.close();
    const logReader = RecordLogReader.openSync("/store", options);
    const followed = logReader.follow();
    expect((await followed.next()).value.txid).toBe(1n);
    await followed.return(undefined as never);
    await logReader.close();
  }
  expect(verifyLogSync("/store", disk).verdict).toBe("intact");
  expect(snapshotToSync("/store", "/snapshot", disk)).toBeDefined();
  expect(salvageToSync("/store", "/salvaged", disk).isPublished).toBe(true);
  const log = RecordLog.openSync("/salvaged", disk);
  log.appendRecord(RecordType.Put, "third", "value");
  expect(log.segments).toEqual([1]);
  log.closeSync();
  const compacted = DataWal.openSync("/compacted", disk);
  for (const value of ["dead", "live"]) compacted.put("key", value);
  expect((await compacted.compact()).segmentsRemoved).toEqual([1]);
  expect(compacted.compactSync({})).toMatchObject({ segmentsRemoved: [], left: [] });
  compacted.closeSync();
  expect(() => replaceStoreSync("/store", "/salvaged", disk)).toThrow(
    expect.objectContaining({ code: "ERR_DATAWAL_REPLACEMENT_DIFFERS" }),
  );
  writeAtomicSync("/file", "1", disk);
  await writeAtomic("/file", "2", disk);
  writeAppendFsyncSync("/file", "3", disk);
  expect(writeOnceSync("/once", "1", disk)).toBe(true);
  renameAtomicSync("/once", "/renamed", disk);
  fsyncDirSync("/", disk);
  expect(fileSystem.stat("/file")).toMatchObject({ size: 2 });
  expect(fileSystem.stat("/file")?.mode).not.toBe(0);

  const frame = encodeRecord({ type: 0, txid: 1n, key: "", payload: "payload" });
  const decoder = new FrameDecoder({});
  decoder.push(frame);
  expect(decoder.next().kind).toBe("record");
  expect(resync(frame, 0).kind).toBe("found");
});
