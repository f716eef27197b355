import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { plainText } from "../../kit/records.js";
import { readTree } from "../../kit/tree.js";
import { ReferenceProcess } from "../../reference/reference-process.js";
import { Reference } from "../../sides/reference.js";
import { attempt } from "../../sides/refusal.js";
import { outcomeText, type Setting } from "./quirk.js";

/** Every path with its mode, contents apart. */
export async function showModes({ side, scratch }: Setting): Promise<string> {
  const root = scratch.directory();
  const store = await side.open(join(root, "new/parents/store"), "kv");
  await store.put(Buffer.from("key"), Buffer.from("value"));
  await store.exportJsonl(join(root, "exported/here.jsonl"));
  await store.compactTo(join(root, "compacted/here"));
  await store.close();
  const tree = readTree(root);
  delete tree["compacted/here/.lock"];
  return plainText(
    Object.entries(tree).map(([path, what]) => `${path} ${what.split(" ").slice(0, 2).join(" ")}`),
  );
}

/** The reference's process takes its mask over when it is started. */
export async function withUmask(
  mask: number,
  { side, process: reference, ...setting }: Setting,
  show: (setting: Setting) => Promise<string>,
): Promise<string> {
  const before = process.umask(mask);
  try {
    if (!reference) return await show({ side, process: undefined, ...setting });
    await using masked = new ReferenceProcess(reference.command);
    return await show({ side: new Reference(masked), process: masked, ...setting });
  } finally {
    process.umask(before);
  }
}

/** With the process id of whoever wrote it told as PID. */
export async function lockLines({ side, process: reference, dir }: Setting): Promise<string[]> {
  const store = await side.open(dir, "log");
  await store.append(Buffer.from("x"));
  await store.fsync();
  const pid = String(reference?.pid ?? process.pid);
  const text = readFileSync(join(dir, ".lock"), "latin1");
  await store.close();
  return text.split("\n").map((line) => (line === pid ? "PID" : line));
}

export async function staleLock({ side, dir }: Setting): Promise<string> {
  mkdirSync(dir);
  writeFileSync(join(dir, ".lock"), Buffer.alloc(5000, 0xfe));
  return outcomeText(await attempt(async () => (await side.open(dir, "log")).close()));
}
