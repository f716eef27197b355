import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { writeAtomicSync, writeOnceSync } from "@datawal/safeatomic";
import { afterAll, beforeAll, expect, test } from "vitest";
import { DataWal, replaceStoreSync, salvageToSync, snapshotToSync } from "../src/index.js";

// The temporary beside a target had the target's name and 21 bytes more: from 235 bytes on, ENAMETOOLONG.

let root: string;
beforeAll(() => {
  root = mkdtempSync(join(tmpdir(), "datawal-long-"));
});
afterAll(() => rmSync(root, { recursive: true }));

const LONGEST = 255;
/** A name of so many bytes, of which a name's last letter is one. */
const longName = (last: string, bytes = LONGEST) => "ä".repeat((bytes - 1) / 2) + last;

test("whatever is made under a temporary name may have the longest name that there is", () => {
  const place = (last: string) => join(root, longName(last));
  const store = DataWal.openSync(place("s"));
  store.put("key", "value");
  store.exportJsonlSync(place("1"));
  store.exportJsonlSync(place("2"), { overwrite: false });
  store.compactToSync(place("3"));
  store.closeSync();
  snapshotToSync(place("s"), place("4"));
  salvageToSync(place("s"), place("5"));
  writeAtomicSync(place("6"), "x");
  writeOnceSync(place("7"), "x");
  for (const last of "1234567") expect(existsSync(place(last))).toBe(true);
});

test("a store may be swapped whose name leaves room for the end `.old`", () => {
  const [store, copy] = [join(root, longName("s", LONGEST - 4)), join(root, longName("c"))];
  const source = DataWal.openSync(store);
  source.put("key", "value");
  source.compactToSync(copy);
  source.closeSync();
  replaceStoreSync(store, copy);
  const swapped = DataWal.openSync(store);
  expect(swapped.size).toBe(1);
  swapped.closeSync();
});
