import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { inspect } from "node:util";
import { runInNewContext } from "node:vm";
import { createSimulatedDisk } from "@datawal/safeatomic/testing";
import { expect, test } from "vitest";
import { DataWal, DataWalReader, json, replaceStoreSync, utf8 } from "../src/index.js";

const refusal = (option: string) => expect.objectContaining({ code: "ERR_DATAWAL_BAD_OPTION", option });

test("a directory may be a file: URL, and no other one", async () => {
  const url = pathToFileURL(join(mkdtempSync(join(tmpdir(), "datawal-test-")), "a store"));
  await using db = await DataWal.open(url);
  db.put("key", "value");
  using reader = DataWalReader.openSync(url);
  expect(Buffer.from(reader.get("key")!).toString()).toBe("value");
  expect(reader.dir).toBe(db.dir);
  for (const wrong of [new URL("https://example.org/store"), {}, [], Number.NaN])
    await expect(DataWal.open(wrong as URL)).rejects.toThrow(refusal("dir"));
});

test("an unknown option is refused, with the nearest known name", async () => {
  const fileSystem = createSimulatedDisk();
  const codecs = { fileSystem, values: json() } as object;
  await expect(DataWal.open("/store", codecs)).rejects.toThrow("did you mean 'value'?");
  expect(() => DataWal.openSync("/store", { fileSystem, replay() {} } as object)).toThrow(refusal("replay"));
  await using db = await DataWal.open("/store", { fileSystem, key: utf8, value: json() });
  expect(() => DataWalReader.openSync("/store", codecs)).toThrow(refusal("values"));
  expect(() => DataWalReader.openSync("/store", { fileSystem, create: false } as object)).toThrow(
    refusal("create"),
  );
  expect(() => db.exportJsonlSync("/out", { overwite: false } as object)).toThrow(
    "did you mean 'overwrite'?",
  );
  await expect(db.importJsonl([], { onbadline() {} } as object)).rejects.toThrow("did you mean 'onBadLine'?");
  await expect(db.compact({ wasteRatio: 1 } as object)).rejects.toThrow("did you mean 'minWasteRatio'?");
  expect(() => replaceStoreSync("/store", "/other", { fileSystem, forced: true } as object)).toThrow(
    refusal("forced"),
  );
  const autoCompact = { minWaste: 1 } as object;
  await expect(DataWal.open("/store", { fileSystem, autoCompact })).rejects.toThrow(refusal("minWaste"));
});

test("options of another realm are taken", () => {
  const options = runInNewContext("({ create: true })");
  DataWal.openSync("/store", { ...options, fileSystem: createSimulatedDisk() }).closeSync();
});

test("where a store is not to be made, nobody is told to open it for writing", async () => {
  const fileSystem = createSimulatedDisk();
  await expect(DataWal.open("/store", { fileSystem, create: false })).rejects.toThrow(
    "/store: expected a store's directory, found nothing; check the path; a store is made by a writer, and not with { create: false }",
  );
});

test("a put of an object says how it is done", () => {
  using db = DataWal.openSync("/store", { fileSystem: createSimulatedDisk() });
  const refused = (message: string) => expect.objectContaining({ code: "ERR_DATAWAL_NOT_BYTES", message });
  const object = {} as string;
  const advice = "open the store with a codec for others:";
  expect(() => db.put("a", object)).toThrow(
    refused(`value expected a Uint8Array or a string, got Object; ${advice} { value: json() }`),
  );
  expect(() => db.put(object, "a")).toThrow(
    refused(`key expected a Uint8Array or a string, got Object; ${advice} { key: utf8 }`),
  );
  expect(db.size).toBe(0);
});

test("a reader may wait for a store", async () => {
  const fileSystem = createSimulatedDisk();
  const opening = DataWalReader.open("/store", { fileSystem, waitForStore: true });
  await using _ = await DataWal.open("/store", { fileSystem });
  await using reader = await opening;
  expect(reader.size).toBe(0);
});

test("new DataWal() is a clear mistake, and what is opened prints under its name", () => {
  const Constructor = DataWal as unknown as new (...args: unknown[]) => unknown;
  for (const args of [[], ["/store"], ["/store", {}]])
    expect(() => new Constructor(...args)).toThrow("use await DataWal.open(dir)");
  const fileSystem = createSimulatedDisk();
  using db = DataWal.openSync("/store", { fileSystem });
  using reader = DataWalReader.openSync("/store", { fileSystem });
  expect([inspect(db), inspect(reader), String(db)]).toEqual([
    "DataWal {}",
    "DataWalReader {}",
    "[object DataWal]",
  ]);
});
