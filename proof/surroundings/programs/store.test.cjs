// Run by jest, whose tests live in a realm of their own: in each environment, with real and with faked timers.
const fs = require("node:fs");
const os = require("node:os");
const path = require("node:path");
const { DataWal, DataWalReader, RecordLog, isRecordLogError } = require("datawal");
const { isSafeatomicError, writeAppendFsync, writeAtomic, writeOnce } = require("@datawal/safeatomic");

let directory;
beforeEach(() => {
  directory = fs.mkdtempSync(path.join(os.tmpdir(), "datawal-jest-"));
});
afterEach(() => fs.rmSync(directory, { recursive: true }));
const at = (name) => path.join(directory, name);
const ownBytes = () => new Uint8Array([104, 105]);
const text = (bytes) => Buffer.from(bytes).toString();

test("a store is made, synced twice, closed, and opened again", async () => {
  const store = await DataWal.open(at("store"));
  store.put("a", ownBytes());
  await store.fsync();
  store.put("b", Buffer.from("bytes of Node's realm"));
  await store.fsync();
  await store.close();
  const again = await DataWal.open(at("store"));
  expect(text(again.get("a"))).toBe("hi");
  expect(text(again.get("b"))).toBe("bytes of Node's realm");
  await again.close();
});

test("a store in a directory that exists is opened, refused a second time, and read beside its writer", async () => {
  fs.mkdirSync(at("store"));
  const log = await RecordLog.open(at("store"));
  for (let n = 0; n < 100; n++) log.append(`record ${n}`);
  await expect(RecordLog.open(at("store"))).rejects.toMatchObject({
    code: "ERR_DATAWAL_LOCKED",
    heldByThisProcess: true,
  });
  const reader = await DataWalReader.open(at("store"));
  let count = 0;
  for await (const { payload } of reader.scan()) count += text(payload) === `record ${count}` ? 1 : 0;
  expect(count).toBe(100);
  await reader.close();
  await log.close();
});

test("an export is imported again, and a promise from onProgress is awaited", async () => {
  const store = await DataWal.open(at("store"));
  for (let n = 0; n < 1000; n++) store.put(`key ${n}`, ownBytes());
  let settled = 0;
  await store.exportJsonl(at("export"), {
    onProgress: () => ({
      // biome-ignore lint/suspicious/noThenProperty: a thenable is what is tried.
      then: (resolve) => {
        settled += 1;
        resolve();
      },
    }),
  });
  expect(settled).toBeGreaterThan(0);
  await store.close();
  const copy = await DataWal.open(at("copy"));
  await copy.importJsonl(at("export"));
  expect(copy.size).toBe(1000);
  await copy.close();
});

test("files are written from the bytes of either realm", async () => {
  await writeAtomic(at("file"), ownBytes());
  await writeAtomic(at("file"), Buffer.from("hi, "));
  await writeAppendFsync(at("file"), ownBytes());
  expect(fs.readFileSync(at("file"), "utf8")).toBe("hi, hi");
  expect(await writeOnce(at("once"), ownBytes())).toBe(true);
  expect(await writeOnce(at("once"), ownBytes())).toBe(false);
});

test("what goes wrong has its code", async () => {
  const error = await writeAtomic(at("missing/file"), "text").catch((reason) => reason);
  expect(isSafeatomicError(error, "ERR_DATAWAL_FILE_IO")).toBe(true);
  expect(error.errno).toBe("ENOENT");
  const refused = await RecordLog.open(at("missing"), { create: false }).catch((reason) => reason);
  expect(isRecordLogError(refused, "ERR_DATAWAL_STORE_NOT_FOUND")).toBe(true);
});
