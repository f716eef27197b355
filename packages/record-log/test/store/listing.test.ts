import { mkdirSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { nodeFileSystem } from "@datawal/safeatomic";
import { expect, test } from "vitest";
import { RecordLog, RecordLogReader } from "../../src/index.js";
import { listStore } from "../../src/store/listing.js";
import { thrownBy } from "../kit/read-back.js";
import { diskWith, STORE } from "../kit/store-files.js";
import { inTemporaryDirectory } from "../kit/temporary-directory.js";

const EMPTY = new Uint8Array(0);

test("sorts what is in a store by what it is, ids as numbers", () => {
  const disk = diskWith({
    "00000010.dwal": EMPTY,
    "00000002.dwal": EMPTY,
    "00000002.tail": EMPTY,
    "00000002.cut-9": EMPTY,
    "00000002.cut-10": EMPTY,
    "00000003.tail.new": EMPTY,
    "100000000.dwal": EMPTY,
    "notes.txt": EMPTY,
    "quarantine-7": EMPTY,
    ".lock": EMPTY,
  });
  disk.makeDirectory(`${STORE}/quarantine-1`);
  expect(listStore(disk, STORE)).toEqual({
    segments: [2, 10],
    journals: [2],
    quarantines: ["00000002.cut-10", "00000002.cut-9"],
    quarantineDirectories: ["quarantine-1"],
    temporaries: ["00000003.tail.new"],
    overlong: ["100000000.dwal"],
  });
});

test.each(["00000001.dwal", "00000002.tail"])("%s that is a link or a directory is refused", (name) => {
  inTemporaryDirectory((store) => {
    const path = join(store, name);
    const refusal = { code: "ERR_DATAWAL_SEGMENT_NOT_A_FILE", path };
    writeFileSync(join(store, "elsewhere"), "");
    symlinkSync(join(store, "elsewhere"), path);
    for (const open of [RecordLog.openSync, RecordLogReader.openSync])
      expect(thrownBy(() => open(store))).toMatchObject({ ...refusal, actual: "link" });
    rmSync(path);
    mkdirSync(path);
    for (const open of [RecordLog.openSync, RecordLogReader.openSync])
      expect(thrownBy(() => open(store))).toMatchObject({ ...refusal, actual: "directory" });
  });
});

test("a temporary, a foreign or an overlong name may be anything", () => {
  inTemporaryDirectory((store) => {
    for (const name of ["00000001.dwal.new", "notes.txt", "100000000.dwal"]) mkdirSync(join(store, name));
    expect(listStore(nodeFileSystem, store)).toMatchObject({ segments: [], temporaries: [] });
    RecordLog.openSync(store).closeSync();
  });
});
