import type { Sizes } from "../writer/record-stream.js";
import type { ProvocationKinds } from "./provocation.js";

/** How the power of a disk is cut. */
export type CutMeans =
  /**
   * The file system's shutdown ioctl. Its argument decides (measured): 0 writes everything and loses nothing; 1 writes
   * the log only, so that what the log says and what the data is come apart; 2 writes nothing more, and tears only
   * where another file's sync has written the log before.
   */
  | { kind: "shutdown"; argument: 0 | 1 | 2 }
  /** The backing image is copied while the writer is stopped: for Btrfs, which has no such ioctl. */
  | { kind: "copy" }
  /** A disk of ours loses a part of its write cache, sector by sector. */
  | { kind: "cache" };

export interface FileSystemCase {
  /** As a case's name begins. */
  name: string;
  type: "ext4" | "xfs" | "btrfs";
  mountOptions: string;
  imageBytes: number;
  means: CutMeans;
  /** What may go before a cut; one of these is drawn. */
  provocations: readonly ProvocationKinds[];
  /** Of the payloads; one of these is drawn. */
  sizes: readonly Sizes[];
  /** Lives of stores in one run of CI: each goes through up to five cuts. */
  lives: number;
}

const MIB = 1024 * 1024;
// Room for the lives of a store; XFS is not made smaller.
const EXT4_BYTES = 128 * MIB;
const XFS_BYTES = 300 * MIB;
const BTRFS_BYTES = 256 * MIB;

/** By which mkfs programs, and with which arguments, each kind is made. */
export const MAKE_FILE_SYSTEM: Record<FileSystemCase["type"], readonly string[]> = {
  ext4: ["mkfs.ext4", "-q", "-F", "-E", "lazy_itable_init=0,lazy_journal_init=0"],
  xfs: ["mkfs.xfs", "-q", "-f"],
  btrfs: ["mkfs.btrfs", "-q", "-f"],
};

// The data of a part of the unsynced bytes, then everybody's metadata, by another file's sync: each alone, and both.
const PARTLY: readonly ProvocationKinds[] = [[], ["neighbour"], ["range"], ["range", "neighbour"]];
// XFS moves a file's size only when its data is on disk: without a range it loses whole appends.
const MOSTLY_RANGE: readonly ProvocationKinds[] = [
  [],
  ["range"],
  ["range", "neighbour"],
  ["range", "neighbour"],
];
const ORDINARY: readonly Sizes[] = ["small", "sector", "pages", "mixed"];

const EXT4 = {
  type: "ext4",
  imageBytes: EXT4_BYTES,
  means: { kind: "shutdown", argument: 1 },
  provocations: PARTLY,
  sizes: ORDINARY,
} as const;

const XFS = { ...EXT4, type: "xfs", imageBytes: XFS_BYTES, provocations: MOSTLY_RANGE } as const;

const BTRFS = { type: "btrfs", imageBytes: BTRFS_BYTES, means: { kind: "copy" } } as const;

/** On a disk with a cache of its own. Btrfs keeps no data in its metadata here, so that a write has one or the other. */
export const CACHED_CASES: readonly FileSystemCase[] = [
  { ...EXT4, name: "ext4-cache", mountOptions: "data=ordered", means: { kind: "cache" }, lives: 3 },
  { ...XFS, name: "xfs-cache", mountOptions: "defaults", means: { kind: "cache" }, lives: 3 },
  {
    ...BTRFS,
    name: "btrfs-cache",
    mountOptions: "max_inline=0",
    means: { kind: "cache" },
    provocations: PARTLY,
    sizes: ORDINARY,
    lives: 3,
  },
];

export const FILE_SYSTEM_CASES: readonly FileSystemCase[] = [
  { ...EXT4, name: "ext4", mountOptions: "data=ordered", lives: 10 },
  { ...EXT4, name: "ext4-writeback", mountOptions: "data=writeback", lives: 8 },
  { ...EXT4, name: "ext4-writeback-nodelalloc", mountOptions: "data=writeback,nodelalloc", lives: 6 },
  { ...XFS, name: "xfs", mountOptions: "defaults", lives: 10 },
  {
    ...BTRFS,
    name: "btrfs",
    mountOptions: "commit=300",
    provocations: [[], ["range"], ["commit"], ["range", "commit"]],
    sizes: ORDINARY,
    lives: 6,
  },
  // An append is one extent, all or nothing; only compression cuts it into pieces of 128 KiB that may be torn apart.
  {
    ...BTRFS,
    name: "btrfs-compressed",
    mountOptions: "compress-force=zstd,commit=300",
    provocations: [["start", "commit"]],
    sizes: ["huge"],
    lives: 6,
  },
  ...CACHED_CASES,
];
