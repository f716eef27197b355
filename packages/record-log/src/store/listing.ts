import { join } from "node:path";
import type { DirectoryEntry, FileSystem } from "@datawal/safeatomic";
import { RecordLogError } from "../record-log-error.js";
import { parseStoreName } from "./store-names.js";

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
  const listing: StoreListing = {
    segments: [],
    journals: [],
    quarantines: [],
    quarantineDirectories: [],
    temporaries: [],
    overlong: [],
  };
  for (const entry of fileSystem.list(directory)) sortInto(listing, directory, entry);
  listing.segments.sort((a, b) => a - b);
  listing.journals.sort((a, b) => a - b);
  listing.quarantines.sort();
  listing.quarantineDirectories.sort();
  return listing;
}

function sortInto(listing: StoreListing, directory: string, entry: DirectoryEntry): void {
  const name = parseStoreName(entry.name);
  switch (name.kind) {
    case "segment":
      requireFile(directory, entry);
      listing.segments.push(name.segment);
      break;
    case "journal":
      requireFile(directory, entry);
      listing.journals.push(name.segment);
      break;
    case "quarantine":
      if (entry.kind === "file") listing.quarantines.push(entry.name);
      break;
    case "quarantine-directory":
      if (entry.kind === "directory") listing.quarantineDirectories.push(entry.name);
      break;
    case "temporary":
      if (entry.kind === "file") listing.temporaries.push(entry.name);
      break;
    case "overlong-segment":
      listing.overlong.push(entry.name);
      break;
  }
}

function requireFile(directory: string, entry: DirectoryEntry): void {
  if (entry.kind === "file") return;
  const path = join(directory, entry.name);
  throw new RecordLogError(
    "ERR_DATAWAL_SEGMENT_NOT_A_FILE",
    `${path}: expected a regular file, found a ${KIND_WORDS[entry.kind]}; nothing was opened: move it away, or put the file itself there`,
    { path, actual: entry.kind },
  );
}

const KIND_WORDS = { directory: "directory", link: "symbolic link", other: "special file" };
