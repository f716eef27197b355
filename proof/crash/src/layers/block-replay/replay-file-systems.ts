import type { RunLength } from "../../laboratory/extent.js";
import type { FileSystemCase } from "../power-cut/disk/file-systems.js";

/** A file system whose writes are recorded and played again in part. */
export interface ReplayFileSystem extends Pick<FileSystemCase, "type" | "mountOptions" | "imageBytes"> {
  /** Where its superblock lies, in bytes: written whole or not at all, as each of them takes for granted. */
  superblock: number;
  /** Of each epoch's sectors so many subsets are drawn, on average, beside the loss of all. */
  subsets: Record<RunLength, number>;
  /** States that a run must have judged, of all workloads together. */
  statesMin: Record<RunLength, number>;
}

const KIB = 1024;
const MIB = 1024 * KIB;

/** As small as each mkfs allows: every state is an image of its own. */
export const REPLAY_FILE_SYSTEMS: readonly ReplayFileSystem[] = [
  {
    type: "ext4",
    superblock: 1024,
    mountOptions: "data=ordered",
    imageBytes: 32 * MIB,
    subsets: { ci: 0.4, nightly: 30 },
    statesMin: { ci: 300, nightly: 3000 },
  },
  {
    type: "xfs",
    superblock: 0,
    mountOptions: "defaults",
    imageBytes: 300 * MIB,
    subsets: { ci: 0.15, nightly: 20 },
    statesMin: { ci: 60, nightly: 1000 },
  },
  // Btrfs keeps no data in its metadata here, so that a write has one or the other.
  {
    type: "btrfs",
    superblock: 64 * KIB,
    mountOptions: "max_inline=0,nodiscard",
    imageBytes: 128 * MIB,
    subsets: { ci: 0.15, nightly: 20 },
    statesMin: { ci: 60, nightly: 1000 },
  },
];
