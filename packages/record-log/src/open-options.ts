import { resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { inspect } from "node:util";
import type { Crc32c } from "@datawal/format";
import { type FileSystem, type LongOperationOptions, nodeFileSystem } from "@datawal/safeatomic";
import { ownOptions, withMode } from "@datawal/safeatomic/internal";
import { hardwareCrc32c } from "./crc/hardware-crc.js";
import type { ReplayRecord } from "./inspect/replay-record.js";
import { type OptionNames, requireKnownOptions } from "./known-options.js";
import { storeIoError, withCode } from "./record-log-error.js";

/** What a reader and a writer can be told. */
export interface ReadOptions extends LongOperationOptions {
  /** The disk; the local one when absent. */
  fileSystem?: FileSystem | undefined;
  /** CRC-32C; when absent `@node-rs/crc32` for long inputs where it is installed, else `crc-32`. */
  crc32c?: Crc32c | undefined;
}

/** What can be told to whoever makes files. */
export interface MakeOptions extends ReadOptions {
  /**
   * The exact permission bits of each file that is made, the umask not applied; directories also get the right to enter
   * them for those who may read. With 0o660 a group shares a store, with 0o600 it is its owner's. When absent 0o666 and
   * 0o777, less the umask. What is there already keeps its bits.
   */
  mode?: number | undefined;
}

export interface ReaderOptions extends ReadOptions {
  /**
   * Whether a store that is not there yet is waited for, until `signal` ends it; false when absent. An open on this
   * thread does not wait.
   */
  waitForStore?: boolean | undefined;
  /** Called for every valid record at open, once, in order, and for every new one that a refresh finds. */
  replay?: ((record: ReplayRecord) => void) | undefined;
  /**
   * Called by a refresh when what was replayed no longer holds, because a segment was repaired, replaced or removed, or
   * because a refresh before it failed or was aborted half way: everything is replayed again from the start.
   */
  onReset?: (() => void) | undefined;
  /**
   * Called, instead of `onReset`, where compaction in place has removed segments, with their ids: what is still needed of
   * them is replayed with the new records, before or behind this call. Once the refresh has ended, a key of which the
   * newest record that was replayed lies in one of them is deleted. An `onReset` in the same refresh makes it void.
   */
  onRemoved?: ((segments: readonly number[]) => void) | undefined;
}

export interface OpenOptions extends MakeOptions {
  /**
   * Bytes after which a segment is sealed and the next one begun; 64 MiB when absent, `Infinity` to rotate by hand.
   * Soft: a larger frame gets a segment of its own.
   */
  segmentBytesMax?: number | undefined;
  /**
   * Milliseconds after an append, 1 to 2^31 - 1, by which a sync of it has begun, if nobody has asked for one; without it
   * none is begun for being late. Appends share it. A sync that fails poisons the handle: the next write, or `close`, says
   * so. Until it has begun, or the handle is closed, the process does not end by itself.
   */
  fsyncEveryMs?: number | undefined;
  /**
   * Bytes of memory for what the log ends with, 0 to 1 GiB; 4 MiB when absent. What was appended last is read from
   * there, which proves that memory and not the disk: with 0 every read is one of the disk. It is taken as the log grows.
   */
  cacheBytes?: number | undefined;
  /** Whether a missing store is made; true when absent. */
  create?: boolean | undefined;
  /**
   * Called for every valid record, once, in order, in the pass that recovers, heads of groups too. The record is one reused
   * object: it and its bytes are valid during the call.
   */
  replay?: ((record: ReplayRecord) => void) | undefined;
  /**
   * What to do about damage that no crash explains. `prefix` (when absent) opens with the longest valid prefix, keeps
   * the rest in quarantine and says so in the report. `strict` refuses where valid frames lie beyond the damage,
   * where synced bytes are damaged, and where segments or txids are missing.
   */
  recover?: "prefix" | "strict" | undefined;
}

export const LONG_OPERATION_OPTIONS: OptionNames<LongOperationOptions> = { signal: true, onProgress: true };

export const READ_OPTIONS: OptionNames<ReadOptions> = {
  ...LONG_OPERATION_OPTIONS,
  fileSystem: true,
  crc32c: true,
};

export const MAKE_OPTIONS: OptionNames<MakeOptions> = { ...READ_OPTIONS, mode: true };

export const READER_OPTIONS: OptionNames<ReaderOptions> = {
  ...READ_OPTIONS,
  replay: true,
  onReset: true,
  onRemoved: true,
  waitForStore: true,
};

export const OPEN_OPTIONS: OptionNames<OpenOptions> = {
  ...MAKE_OPTIONS,
  segmentBytesMax: true,
  fsyncEveryMs: true,
  cacheBytes: true,
  create: true,
  replay: true,
  recover: true,
};

/** {@link OpenOptions}, checked and complete. */
export interface StoreSettings extends Omit<ReadSettings, "onReset" | "onRemoved" | "waitForStore"> {
  readonly segmentBytesMax: number;
  readonly fsyncEveryMs: number | undefined;
  readonly cacheBytes: number;
  readonly create: boolean;
  readonly isStrict: boolean;
}

/** {@link ReaderOptions}, checked and complete. */
export interface ReadSettings {
  readonly directory: string;
  readonly fileSystem: FileSystem;
  readonly crc: Crc32c;
  readonly replay: ((record: ReplayRecord) => void) | undefined;
  readonly onReset: () => void;
  readonly onRemoved: ((segments: readonly number[]) => void) | undefined;
  readonly waitForStore: boolean;
}

/** The longest wait that a timer takes; a longer one would be none. */
export const TIMER_MS_MAX: number = 2 ** 31 - 1;
const SEGMENT_BYTES_MAX_DEFAULT = 64 * 1024 * 1024;
/** 16 and 32 MiB cost appends the kernel's first touch of their pages. */
const CACHE_BYTES_DEFAULT = 4 * 1024 * 1024;
const CACHE_BYTES_MAX = 1024 * 1024 * 1024;

/** @throws TypeError, RangeError ERR_DATAWAL_BAD_OPTION */
export function checkOptions(directory: string | URL, options: OpenOptions = {}): StoreSettings {
  const {
    segmentBytesMax = SEGMENT_BYTES_MAX_DEFAULT,
    fsyncEveryMs,
    cacheBytes = CACHE_BYTES_DEFAULT,
    recover = "prefix",
    create = true,
  } = ownOptions(options);
  if (typeof segmentBytesMax !== "number" || !(segmentBytesMax >= 1))
    throw badOption("segmentBytesMax", "1 or more bytes", segmentBytesMax, RangeError);
  if (
    fsyncEveryMs !== undefined &&
    !(typeof fsyncEveryMs === "number" && fsyncEveryMs >= 1 && fsyncEveryMs <= TIMER_MS_MAX)
  )
    throw badOption("fsyncEveryMs", `1 to ${TIMER_MS_MAX} milliseconds`, fsyncEveryMs, RangeError);
  if (!Number.isInteger(cacheBytes) || cacheBytes < 0 || cacheBytes > CACHE_BYTES_MAX)
    throw badOption("cacheBytes", `0 to ${CACHE_BYTES_MAX} bytes`, cacheBytes, RangeError);
  if (recover !== "prefix" && recover !== "strict")
    throw badOption("recover", '"prefix" or "strict"', recover, RangeError);
  if (typeof create !== "boolean") throw badOption("create", "true or false", create, TypeError);
  return Object.freeze({
    ...checkReadOptions(directory, options, OPEN_OPTIONS),
    segmentBytesMax,
    fsyncEveryMs,
    cacheBytes,
    create,
    isStrict: recover === "strict",
  });
}

/** @param known What the caller takes. @throws TypeError ERR_DATAWAL_BAD_OPTION */
export function checkReadOptions(
  directory: string | URL,
  options: ReaderOptions & MakeOptions = {},
  known: Readonly<Record<string, true>> = READ_OPTIONS,
): ReadSettings {
  requireKnownOptions(options, known);
  const {
    replay,
    onReset = doNothing,
    onRemoved,
    crc32c: crc = hardwareCrc32c,
    waitForStore = false,
  } = ownOptions(options);
  if (typeof waitForStore !== "boolean")
    throw badOption("waitForStore", "true or false", waitForStore, TypeError);
  for (const [name, value] of Object.entries({ replay, onReset, onRemoved, crc32c: crc }))
    if (value !== undefined && typeof value !== "function")
      throw badOption(name, "a function", value, TypeError);
  const fileSystem = fileSystemOf(options);
  const place = placeOf(pathOf(directory));
  return Object.freeze({ directory: place, fileSystem, crc, replay, onReset, onRemoved, waitForStore });
}

/** The disk that is worked on. @throws RangeError ERR_DATAWAL_BAD_OPTION */
export function fileSystemOf(options: MakeOptions): FileSystem {
  const { fileSystem = nodeFileSystem, mode } = ownOptions(options);
  if (mode === undefined) return fileSystem;
  if (!Number.isInteger(mode) || (mode & ~0o777) !== 0 || (mode & 0o600) !== 0o600)
    throw badOption("mode", "0o600 to 0o777, which its owner may read and write", mode, RangeError);
  return withMode(fileSystem, mode);
}

/** A URL of any realm. @throws TypeError ERR_DATAWAL_BAD_OPTION */
function pathOf(directory: string | URL): string {
  if (typeof directory === "string" && directory !== "") return directory;
  try {
    if (typeof directory === "object") return fileURLToPath(directory);
  } catch {
    // No URL, or one that names no file.
  }
  throw badOption("dir", "a path or a file: URL", directory, TypeError);
}

/** @throws RecordLogError ERR_DATAWAL_STORE_IO where there is no current directory to begin at */
function placeOf(directory: string): string {
  try {
    return resolve(directory);
  } catch (error) {
    throw storeIoError(error, "open", directory);
  }
}

export function badOption(
  option: string,
  expected: string,
  actual: unknown,
  Mistake: typeof TypeError | typeof RangeError,
): Error {
  const mistake = new Mistake(`datawal: "${option}" expected ${expected}, got ${inspect(actual)}`);
  return withCode(mistake, "ERR_DATAWAL_BAD_OPTION", { option, actual });
}

function doNothing(): void {}
