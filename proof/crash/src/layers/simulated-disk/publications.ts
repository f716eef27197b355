import { join } from "node:path";
import { isUntouched, OracleViolation } from "@datawal/oracle";
import type { FileSystem } from "@datawal/safeatomic";
import { readFile } from "./read-file.js";
import type { Publication } from "./world.js";

type Tree = Record<string, Uint8Array>;

/** What each publication of a scenario holds when nothing has gone wrong: path to files. */
export type Published = ReadonlyMap<string, Tree>;

/** Reads all publications of a scenario that ran to its end. */
export function readPublished(fileSystem: FileSystem, publications: readonly Publication[]): Published {
  return new Map(publications.map(({ path }) => [path, treeOf(fileSystem, path) ?? {}]));
}

/**
 * All or nothing: a publication is as it is meant to be or not there; once acknowledged, it is there. A compacted store
 * is one file in a directory that may be there without it.
 *
 * @throws OracleViolation
 */
export function judgePublications(
  fileSystem: FileSystem,
  publications: readonly Publication[],
  published: Published,
): void {
  for (const { path, isAcknowledged } of publications) {
    const meant = published.get(path);
    if (!meant) continue;
    const found = treeOf(fileSystem, path) ?? {};
    if (isAcknowledged || Object.keys(found).length > 0) isUntouched(meant, found);
    if (isAcknowledged && fileSystem.stat(path) === undefined)
      throw new OracleViolation("1 durable", `${path} was acknowledged, and is gone`);
  }
}

/** The files of a directory but temporaries, or the one file itself; nothing where there is nothing. */
function treeOf(fileSystem: FileSystem, path: string): Tree | undefined {
  const stat = fileSystem.stat(path);
  if (!stat) return undefined;
  if (stat.kind === "file") return { "": readFile(fileSystem, path) };
  const names = fileSystem.list(path).map(({ name }) => name);
  const kept = names.filter((name) => !name.endsWith(".new") && name !== ".lock");
  return Object.fromEntries(kept.map((name) => [name, readFile(fileSystem, join(path, name))]));
}
