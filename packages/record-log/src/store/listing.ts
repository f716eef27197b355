import { join } from "node:path";
import type { DirectoryEntry, FileSystem } from "@datawal/safeatomic";
import { RecordLogError } from "../record-log-error.js";
import { parseStoreName, type StoreName } from "./store-names.js";

/** What lies in a store directory, told by names alone. */
export interface StoreListing {
  /** Ids in ascending order; the last one is the active segment. */
  segments: number[];
  /** Ids of segments whose tail repair was interrupted. */
  journals: number[];
  /** Names of quarantine files, sorted. */
  quarantines: string[];
  /** Names of directories of quarantine files that swaps have brought here, sorted. */
  quarantineDirectories: string[];
  /** Names of temporaries that a writer left behind. */
  temporaries: string[];
  /** Names such as `100000000.dwal`, which no listing counts as a segment. */
  overlong: string[];
}

/** @throws RecordLogError ERR_DATAWAL_SEGMENT_NOT_A_FILE where a segment's or journal's name is a link, a directory, ... */
export function listStore(fileSystem: FileSystem, directory: string): StoreListing {
  const entries = fileSystem.list(directory).map((entry) => ({ entry, name: parseStoreName(entry.name) }));
  const ids = (kind: "segment" | "journal") =>
    entries
      .flatMap(({ entry, name }) => {
        if (name.kind !== kind) return [];
        requireFile(directory, entry);
        return [name.segment];
      })
      .sort((a, b) => a - b);
  const names = (kind: StoreName["kind"], isMeant = (entry: DirectoryEntry) => entry.kind === "file") =>
    entries
      .filter(({ entry, name }) => name.kind === kind && isMeant(entry))
      .map(({ entry }) => entry.name)
      .sort();
  return {
    segments: ids("segment"),
    journals: ids("journal"),
    quarantines: names("quarantine"),
    quarantineDirectories: names("quarantine-directory", ({ kind }) => kind === "directory"),
    temporaries: names("temporary"),
    overlong: names("overlong-segment", () => true),
  };
}

/** @throws RecordLogError ERR_DATAWAL_SEGMENT_NOT_A_FILE */
export function requireFile(directory: string, entry: DirectoryEntry): void {
  if (entry.kind === "file") return;
  const path = join(directory, entry.name);
  const message = `${path}: expected a regular file, found a ${KIND_WORDS[entry.kind]}; nothing was changed: move it away, or put the file itself there`;
  throw new RecordLogError("ERR_DATAWAL_SEGMENT_NOT_A_FILE", message, { path, actual: entry.kind });
}

const KIND_WORDS = { directory: "directory", link: "symbolic link", other: "special file" };
