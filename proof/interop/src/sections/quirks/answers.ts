import { truncateSync } from "node:fs";
import { DataWal } from "datawal";
import { plainText } from "../../kit/records.js";
import { segmentFile } from "../../kit/store-files.js";
import { Reference, ReferenceStore } from "../../sides/reference.js";
import { attempt } from "../../sides/refusal.js";
import type { Setting } from "./quirk.js";

/** Of the open, or of the last scan. */
export async function laterReport({ side, dir }: Setting): Promise<string> {
  const store = await side.open(dir, "log");
  await store.append(Buffer.from("appended after the open"));
  if (store instanceof ReferenceStore) await store.scan();
  else await store.records();
  const { recordsReplayed } = await store.report();
  await store.close();
  return `${recordsReplayed} records`;
}

/** A torn tail as long as a new frame: an offset that is off by it meets the frame before. */
export async function getBehindTear({ side, dir }: Setting): Promise<string> {
  const first = await side.open(dir, "kv");
  await first.put(Buffer.from("torn"), Buffer.alloc(50));
  await first.close();
  truncateSync(segmentFile(dir, 1), 40);
  const keys = ["key-0", "key-1", "key-2"];
  if (side instanceof Reference) {
    const store = await side.open(dir, "kv");
    for (const key of keys) await store.put(Buffer.from(key), Buffer.from(`value-${key.at(-1)}`));
    const got = await Promise.all(keys.map((key) => attempt(() => store.get(Buffer.from(key)))));
    await store.close();
    return plainText(got.map((outcome) => (outcome.ok ? Buffer.from(outcome.value!).toString() : "refused")));
  }
  using store = DataWal.openSync(dir);
  for (const key of keys) store.put(key, `value-${key.at(-1)}`);
  return plainText(keys.map((key) => Buffer.from(store.get(key)!).toString()));
}
