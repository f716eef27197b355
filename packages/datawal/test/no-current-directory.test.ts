import { createSimulatedDisk } from "@datawal/safeatomic/testing";
import { DataWal, replaceStoreSync, salvageToSync, snapshotToSync } from "datawal";
import { afterEach, expect, test, vi } from "vitest";

afterEach(() => vi.restoreAllMocks());

// The directory that a program was started in may be removed while it runs: Node then throws at every relative path.
test.each<[string, (db: DataWal, fileSystem: ReturnType<typeof createSimulatedDisk>) => unknown]>([
  ["compactTo", (db) => db.compactToSync("target")],
  ["exportJsonl", (db) => db.exportJsonlSync("lines.jsonl")],
  ["importJsonl", (db) => db.importJsonlSync("lines.jsonl")],
  ["replaceStore", (_, fileSystem) => replaceStoreSync("store", "compact", { fileSystem })],
  ["snapshotTo", (_, fileSystem) => snapshotToSync("/store", "copy", { fileSystem })],
  ["salvageTo", (_, fileSystem) => salvageToSync("/store", "saved", { fileSystem })],
  ["open", (_, fileSystem) => DataWal.openSync("store", { fileSystem })],
])("where the current directory is gone, %s of a relative path fails with a code", (_, operation) => {
  const fileSystem = createSimulatedDisk();
  const db = DataWal.openSync("/store", { fileSystem });
  db.put("key", "value");
  vi.spyOn(process, "cwd").mockImplementation(() => {
    const gone = new Error("ENOENT: process.cwd failed with error no such file or directory, uv_cwd");
    throw Object.assign(gone, { code: "ENOENT", errno: -2, syscall: "uv_cwd" });
  });
  expect(() => operation(db, fileSystem)).toThrow(
    expect.objectContaining({ code: expect.stringMatching(/^ERR_DATAWAL_/) }),
  );
  vi.restoreAllMocks();
  db.closeSync();
});
