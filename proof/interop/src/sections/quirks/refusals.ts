import { mkdirSync, symlinkSync } from "node:fs";
import { GROUP_KEY } from "@datawal/format/internal";
import { nodeFileSystem } from "@datawal/safeatomic";
import { withFaults } from "@datawal/safeatomic/testing";
import { plainText } from "../../kit/records.js";
import { Ours } from "../../sides/ours.js";
import { Reference, ReferenceStore } from "../../sides/reference.js";
import { attempt } from "../../sides/refusal.js";
import type { OpenStore } from "../../sides/side.js";
import { outcomeText, type Setting } from "./quirk.js";

/** Ours is poisoned by a write that fails, the reference's by its own hook for tests. */
export async function poisonText({ side, dir }: Setting): Promise<string> {
  const reason = "append_record write_all failed";
  const store = side instanceof Reference ? await side.open(dir, "log") : await openWithFailingAppend(dir);
  if (store instanceof ReferenceStore) await store.poison(reason);
  else await attempt(() => store.append(Buffer.from("fails")));
  const refused = [
    await attempt<unknown>(() => store.append(Buffer.from("x"))),
    await attempt(() => store.fsync()),
    await attempt(() => store.rotate()),
  ];
  await store.close();
  return plainText(
    refused.map((outcome) => (outcome.ok ? "" : outcome.refusal.text.replace(/^ERR_\w+: /, ""))),
  );
}

function openWithFailingAppend(dir: string): Promise<OpenStore> {
  const fileSystem = withFaults(nodeFileSystem, ({ operation }) =>
    operation === "file.append" ? { errno: "EIO" } : undefined,
  );
  return new Ours(fileSystem).open(dir, "log");
}

export async function putGroupKey({ side, dir }: Setting): Promise<string> {
  const store = await side.open(dir, "kv");
  const put = await attempt(() => store.put(GROUP_KEY, Buffer.from("a value")));
  const pairs = await store.pairs();
  await store.close();
  return `${outcomeText(put)}, then ${plainText(pairs)}`;
}

export async function openAt({ side, dir }: Setting, prepare: (path: string) => void): Promise<string> {
  prepare(dir);
  const opened = await attempt(async () => (await side.open(dir, "log")).close());
  return opened.ok ? "opens" : "refuses";
}

export function linkToDirectory(path: string): void {
  mkdirSync(`${path}.real`);
  symlinkSync(`${path}.real`, path);
}

export async function readAt({ side, dir }: Setting, prepare: (path: string) => void): Promise<string> {
  prepare(dir);
  return outcomeText(await side.read(dir));
}

export async function unfinishedSwap({ side, dir }: Setting): Promise<string> {
  await (await side.open(`${dir}.old`, "log")).close();
  return outcomeText(await attempt(async () => (await side.open(dir, "log")).close()));
}
