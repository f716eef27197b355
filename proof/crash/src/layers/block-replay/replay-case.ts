import { REPLAY_FILE_SYSTEMS, type ReplayFileSystem } from "./replay-file-systems.js";
import type { Workload } from "./workload.js";
import { WORKLOADS } from "./workloads/all-workloads.js";

/** One recording, all of its states: `ext4/rotate`, or with an omitted sync `ext4/append-fsync/2`. */
export interface ReplayCase {
  fileSystem: ReplayFileSystem;
  workload: Workload;
  /** Which asynchronous sync of a file does nothing. */
  omitted: number | undefined;
}

export function replayCases(fileSystem: ReplayFileSystem): ReplayCase[] {
  return WORKLOADS.map((workload) => ({ fileSystem, workload, omitted: undefined }));
}

/** What `--case` takes. The kernel does not write the same blocks in the same order twice: a case is a recording. */
export function replayName({ fileSystem, workload, omitted }: ReplayCase): string {
  return [fileSystem.type, workload.name, ...(omitted === undefined ? [] : [omitted])].join("/");
}

export function parseReplayCase(text: string): ReplayCase {
  const [type, name, omitted] = text.split("/");
  const fileSystem = REPLAY_FILE_SYSTEMS.find((known) => known.type === type);
  const workload = WORKLOADS.find((known) => known.name === name);
  if (!fileSystem || !workload)
    throw new RangeError(`case expected FILE-SYSTEM/WORKLOAD, such as ext4/rotate, got ${text}`);
  return { fileSystem, workload, omitted: omitted === undefined ? undefined : Number(omitted) };
}
