import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createSimulatedDisk } from "@datawal/safeatomic/testing";
import * as datawal from "datawal";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { inOtherRealm } from "./kit/other-realm.js";

// Nothing opened under jest, or in any vm context: `instanceof Error` on an error of Node's own realm. And fake timers
// (jest fakes process.nextTick, vitest can fake setImmediate) hung the second fsync, close, and asynchronous scans.

const GLOBALS = {
  TextEncoder,
  TextDecoder,
  Buffer,
  performance,
  process,
  AbortController,
  AbortSignal,
  URL,
  SharedArrayBuffer,
};

const never = () => {};
/** What a test has that faked its timers before it loaded the packages. */
const FAKED = {
  setTimeout: never,
  setImmediate: never,
  queueMicrotask: never,
  performance: { now: () => 0 },
  process: Object.create(process, { nextTick: { value: never } }),
};

test("timers that are faked when a store is open already stop nothing", async () => {
  const store = await datawal.DataWal.open("/s", { fileSystem: createSimulatedDisk() });
  vi.useFakeTimers({ toFake: ["setImmediate", "setTimeout", "queueMicrotask", "performance"] });
  try {
    for (let round = 0; round < 3; round++) {
      store.put("key", `${round}`);
      await store.fsync();
    }
    for await (const { segment } of store.scan()) expect(segment).toBe(1);
    await store.close();
  } finally {
    vi.useRealTimers();
  }
});

const utf8 = (text: string) => Buffer.from(text);

let root: string;
beforeAll(() => {
  root = mkdtempSync(join(tmpdir(), "datawal-realm-"));
});
afterAll(() => rmSync(root, { recursive: true }));

describe.each([
  ["another realm", {}],
  ["another realm with faked timers", FAKED],
])("in %s", (kind, fakes) => {
  type Datawal = typeof import("datawal");
  type Safeatomic = typeof import("@datawal/safeatomic");
  const load = inOtherRealm({ ...GLOBALS, ...fakes });
  const { DataWal, DataWalReader } = load("datawal") as Datawal;
  const safeatomic = load("@datawal/safeatomic") as Safeatomic;
  const place = (name: string) => join(root, kind, name);
  beforeAll(() => void mkdirSync(join(root, kind)));

  test("a store is made, written, synced again and again, copied, read and closed", async () => {
    const store = await DataWal.open(place("made/store"));
    for (let round = 0; round < 4; round++) {
      store.put("key", Uint8Array.of(round));
      store.put(utf8(`key-${round}`), utf8("value"));
      await Promise.all([store.fsync(), store.fsync()]);
    }
    await store.rotate();
    for (let index = 0; index < 400; index++) store.put(`many-${index}`, utf8("value"));
    await store.compactTo(place("copy"));
    await store.exportJsonl(place("export.jsonl"));
    const chunks = [readFileSync(place("export.jsonl"))];
    expect(await store.importJsonl(chunks)).toMatchObject({ recordsImported: 405 });
    const records: unknown[] = [];
    for await (const record of store.scan()) records.push(record);
    expect(records).toHaveLength(8 + 400 + 405);
    await store.close();

    const reader = await DataWalReader.open(place("copy"));
    expect(Buffer.from(reader.get("key")!)).toEqual(Buffer.of(3));
    expect(reader.size).toBe(405);
    await reader.close();
  });

  test("a torn tail is read around, and repaired", async () => {
    const store = await DataWal.open(place("torn"));
    store.put("key", "value");
    await store.close();
    writeFileSync(place("torn/00000001.dwal"), "DWAL and no more", { flag: "a" });
    const reader = await DataWalReader.open(place("torn"));
    expect(reader.recoveryReport().damageReason).toBeDefined();
    await reader.close();
    const again = await DataWal.open(place("torn"));
    expect(again.size).toBe(1);
    await again.close();
  });

  test("what fails is told by its code", async () => {
    await expect(DataWal.open(place("missing"), { create: false })).rejects.toMatchObject({
      code: "ERR_DATAWAL_STORE_NOT_FOUND",
    });
    writeFileSync(place("file"), "");
    await expect(DataWal.open(place("file/below"))).rejects.toMatchObject({
      code: expect.stringMatching(/^ERR_DATAWAL_/),
    });
    await expect(safeatomic.writeAtomic(place("nowhere/file"), "x")).rejects.toMatchObject({
      code: "ERR_DATAWAL_FILE_IO",
      errno: "ENOENT",
    });
  });

  test("files are written from bytes of any realm", async () => {
    const { writeAtomic, writeOnce, writeAppendFsync } = safeatomic;
    await writeAtomic(place("a"), utf8("atomic"));
    expect(await writeOnce(place("o"), Uint8Array.from(utf8("once")))).toBe(true);
    await writeAppendFsync(place("a"), utf8(", appended"));
    expect(readFileSync(place("a"), "utf8") + readFileSync(place("o"), "utf8")).toBe("atomic, appendedonce");
  });

  test("a thenable that onProgress returns holds the operation back", async () => {
    let isPublishedEarly = false;
    const store = await DataWal.open(place("thenable"));
    store.put("key", "value");
    const answer = {
      // biome-ignore lint/suspicious/noThenProperty: a promise that is no Promise is what is tried.
      then: (resolve: () => void) =>
        void setTimeout(() => {
          look();
          resolve();
        }, 20),
    };
    const look = () => {
      isPublishedEarly ||= existsSync(place("thenable.jsonl"));
    };
    await store.exportJsonl(place("thenable.jsonl"), { onProgress: () => answer });
    expect(isPublishedEarly).toBe(false);
    expect(existsSync(place("thenable.jsonl"))).toBe(true);
    await store.close();
  });
});
