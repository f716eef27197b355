import { inspect } from "node:util";
import type { Crc32c } from "@datawal/format";
import type { MakeOptions, OpenOptions, ReaderOptions } from "@datawal/record-log";
import {
  fileSystemOf,
  hardwareCrc32c,
  OPEN_OPTIONS,
  type OptionNames,
  READER_OPTIONS,
  requireKnownOptions,
} from "@datawal/record-log/internal";
import type { FileSystem } from "@datawal/safeatomic";
import { ownOptions } from "@datawal/safeatomic/internal";
import type { CheckpointOptions } from "./checkpoint/checkpoint-options.js";
import type { Codec } from "./codec.js";
import type { AutoCompactOptions } from "./compact/auto-compaction.js";
import { withCode } from "./data-wal-error.js";

/** How keys and values are turned into bytes; `bytes` where absent. */
export interface CodecOptions<KeyIn, ValueIn, KeyOut, ValueOut> {
  key?: Codec<KeyIn, KeyOut> | undefined;
  value?: Codec<ValueIn, ValueOut> | undefined;
}

/** What {@link DataWal.open} can be told: what `RecordLog.open` can, but `replay`, and the codecs. */
export interface DataWalOptions<KeyIn, ValueIn, KeyOut, ValueOut>
  extends Omit<OpenOptions, "replay">,
    CodecOptions<KeyIn, ValueIn, KeyOut, ValueOut> {
  /**
   * Compacts the store in place by itself, in the background, behind rotations, when it is worth it; false when absent.
   * How it went is told by `stats().lastCompaction` and on the diagnostics channel `datawal:compaction`, as
   * `{ directory, result }` or `{ directory, error }`. A write, sync or removal of it that fails poisons the handle, as
   * any. Where it falls behind what is put, since the event loop gets few turns or none, puts take it further: some
   * milliseconds and a sync or two, once in 64 KiB that are put.
   */
  autoCompact?: boolean | AutoCompactOptions | undefined;
  /**
   * Whether a close writes down the key directory, 66 bytes a key, and an open that proves that the log's segments are as
   * they were then reads that in place of them; true when absent. What it covers is proven by `get` and by `verifyLog`, not
   * by the open. `recover: "strict"` reads the log all the same. How it went is told by `stats().checkpoint`.
   */
  checkpoint?: boolean | CheckpointOptions | undefined;
}

/** What {@link DataWalReader.open} can be told. */
export interface DataWalReaderOptions<KeyIn, ValueIn, KeyOut, ValueOut>
  extends Omit<ReaderOptions, "replay" | "onReset" | "onRemoved">,
    Pick<MakeOptions, "mode">,
    CodecOptions<KeyIn, ValueIn, KeyOut, ValueOut> {
  /** Whether an open may read what a writer wrote down of its key directory; true when absent. As for a writer. */
  checkpoint?: boolean | undefined;
}

const CODEC_OPTIONS = { key: true, value: true } as const;
const { replay: _, ...WRITER_OPTIONS } = OPEN_OPTIONS;
const DATA_WAL_OPTIONS: OptionNames<DataWalOptions<never, never, never, never>> = {
  ...WRITER_OPTIONS,
  ...CODEC_OPTIONS,
  autoCompact: true,
  checkpoint: true,
};
const { replay: _replay, onReset: _onReset, onRemoved: _onRemoved, ...CALLER_OPTIONS } = READER_OPTIONS;
const DATA_WAL_READER_OPTIONS: OptionNames<DataWalReaderOptions<never, never, never, never>> = {
  ...CALLER_OPTIONS,
  mode: true,
  ...CODEC_OPTIONS,
  checkpoint: true,
};

/** The options of the log below a writer. @throws TypeError ERR_DATAWAL_BAD_OPTION: there is no such option */
export function logOptionsOf<KeyIn, ValueIn, KeyOut, ValueOut>(
  options: DataWalOptions<KeyIn, ValueIn, KeyOut, ValueOut>,
): OpenOptions {
  requireKnownOptions(options, DATA_WAL_OPTIONS);
  const { key: _key, value: _value, autoCompact: _auto, checkpoint: _on, ...ofLog } = ownOptions(options);
  return ofLog;
}

/** As {@link logOptionsOf}, below a reader. */
export function readerOptionsOf<KeyIn, ValueIn, KeyOut, ValueOut>(
  options: DataWalReaderOptions<KeyIn, ValueIn, KeyOut, ValueOut>,
): ReaderOptions {
  requireKnownOptions(options, DATA_WAL_READER_OPTIONS);
  const { key: _key, value: _value, mode: _mode, checkpoint: _on, ...ofLog } = ownOptions(options);
  return { ...ofLog, fileSystem: fileSystemOf(options) };
}

/** Where a handle works, and how it makes a CRC. */
export interface Disk {
  readonly fileSystem: FileSystem;
  readonly crc: Crc32c;
}

export function diskOf(options: MakeOptions): Disk {
  const { crc32c = hardwareCrc32c } = ownOptions(options);
  return { fileSystem: fileSystemOf(options), crc: crc32c };
}

/** @throws TypeError ERR_DATAWAL_NOT_A_PATH */
export function checkPath(name: string, path: unknown): asserts path is string {
  if (typeof path === "string" && path !== "") return;
  const mistake = new TypeError(`datawal: "${name}" expected a path, got ${inspect(path)}`);
  throw withCode(mistake, "ERR_DATAWAL_NOT_A_PATH", { argument: name, actual: path });
}
