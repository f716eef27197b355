import { createSimulatedDisk } from "@datawal/safeatomic/testing";
import { expect, test } from "vitest";
import { DataWal, DataWalReader, json, RecordType, utf8 } from "../src/index.js";

const PAIRS = [
  ["user:1", 1],
  ["note", 2],
  ["user:2", 3],
] as const;

function filled() {
  const fileSystem = createSimulatedDisk();
  const options = { fileSystem, key: utf8, value: json<number>() };
  const db = DataWal.openSync("/store", options);
  db.putMany(PAIRS);
  return { options, db };
}

test("many values come in the order of their keys, undefined where there is none", () => {
  using db = filled().db;
  expect(db.getMany(["user:2", "nobody", "note", "note"])).toEqual([3, undefined, 2, 2]);
  expect(db.getMany(new Set<string>())).toEqual([]);
});

test("a prefix takes the keys that begin with it, of a writer and of a reader", () => {
  const { db, options } = filled();
  using reader = DataWalReader.openSync("/store", options);
  for (const view of [db, reader]) {
    expect([...view.keys({ prefix: "user:" })]).toEqual(["user:1", "user:2"]);
    expect([...view.entries({ prefix: Buffer.from("user:") })]).toEqual([PAIRS[0], PAIRS[2]]);
    expect([...view.keys({ prefix: "user:1x" })]).toEqual([]);
    expect([...view.keys({ prefix: "" })]).toEqual([...view.keys()]);
    // Not when the first key is drawn, which may be far from the mistake.
    expect(() => view.keys({ prefx: "user" } as object)).toThrow("did you mean 'prefix'?");
    expect(() => view.entries({ prefix: 7 as unknown as string })).toThrow(
      expect.objectContaining({ code: "ERR_DATAWAL_NOT_BYTES" }),
    );
  }
  db.closeSync();
});

test("a record is read where it lies, superseded or not, as the log has it", () => {
  using db = filled().db;
  const ref = db.refOf("note")!;
  db.put("note", 4);
  const { type, txid, key, payload } = db.read(ref);
  expect({ type, txid, key: String(Buffer.from(key)), payload: String(Buffer.from(payload)) }).toEqual({
    type: RecordType.Put,
    txid: 2n,
    key: "note",
    payload: "2",
  });
  db.closeSync();
  expect(() => db.read(ref)).toThrow(expect.objectContaining({ code: "ERR_DATAWAL_CLOSED" }));
});

test("a snapshot of what is open here holds every record, and opens", async () => {
  const { db, options } = filled();
  db.delete("note");
  expect(await db.snapshotTo("/backup")).toMatchObject({ records: 4, lastTxid: 4n });
  using reader = DataWalReader.openSync("/backup", options);
  expect([...reader]).toEqual([PAIRS[0], PAIRS[2]]);
  expect(reader.snapshotToSync("/again")).toMatchObject({ records: 4 });
  await expect(db.snapshotTo("/backup")).rejects.toMatchObject({ code: "ERR_DATAWAL_TARGET_EXISTS" });
  await expect(db.snapshotTo("")).rejects.toMatchObject({ code: "ERR_DATAWAL_NOT_A_PATH" });
  db.closeSync();
  await expect(db.snapshotTo("/closed")).rejects.toMatchObject({ code: "ERR_DATAWAL_CLOSED" });
});
