import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { plainText } from "../../kit/records.js";
import { readTree } from "../../kit/tree.js";
import { Operation } from "../../reference/operations.js";
import { attempt } from "../../sides/refusal.js";
import { outcomeText, type Setting } from "./quirk.js";

export async function compactAt(
  { side, dir, scratch }: Setting,
  prepare: (path: string) => void,
): Promise<string> {
  const target = scratch.newPath();
  prepare(target);
  const store = await side.open(dir, "kv");
  await store.put(Buffer.from("key"), Buffer.from("value"));
  const compacted = await attempt(() => store.compactTo(target));
  await store.close();
  return outcomeText(compacted);
}

export function leftCompaction(path: string): void {
  mkdirSync(path);
  writeFileSync(join(path, "00000001.dwal.new"), "half");
}

export async function exportBeside({ side, dir, scratch }: Setting, name: string): Promise<string> {
  const target = scratch.directory();
  writeFileSync(join(target, name), "somebody's");
  const store = await side.open(dir, "kv");
  await store.put(Buffer.from("key"), Buffer.from("value"));
  const exported = await attempt(() => store.exportJsonl(join(target, "out.jsonl")));
  await store.close();
  return `${outcomeText(exported)}, then ${plainText(readTree(target))}`;
}

export async function exportToBareName({ side, process: reference, dir, scratch }: Setting): Promise<string> {
  const where = scratch.directory();
  const store = await side.open(dir, "kv");
  await store.put(Buffer.from("key"), Buffer.from("value"));
  const before = process.cwd();
  if (reference) await reference.request(Operation.changeDirectory, (message) => message.text(where));
  else process.chdir(where);
  const exported = await attempt(() => store.exportJsonl("out.jsonl"));
  if (!reference) process.chdir(before);
  await store.close();
  return `${exported.ok ? "written" : "refused"}, then ${plainText(readTree(where))}`;
}
