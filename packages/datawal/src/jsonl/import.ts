import { toBytes } from "@datawal/format/internal";
import { isRecordLogError } from "@datawal/record-log";
import { type OptionNames, requireKnownOptions } from "@datawal/record-log/internal";
import type { FileSystem, LongOperationOptions } from "@datawal/safeatomic";
import { ownOptions, type Steps } from "@datawal/safeatomic/internal";
import { DataWalError } from "../data-wal-error.js";
import {
  badSource,
  draw,
  type ImportChunk,
  type ImportSource,
  type OpenSource,
  openSource,
  release,
} from "./import-source.js";
import { type BadLineReason, JSONL_LINE_LEN_MAX, type ParsedLine, parseJsonlLine } from "./line.js";
import { LineSplitter } from "./line-splitter.js";

export interface ImportOptions extends LongOperationOptions {
  /** Called for each bad line, which is then skipped. Without it the import stops at the first one. */
  onBadLine?: ((line: number, reason: BadLineReason) => void) | undefined;
}

const IMPORT_OPTIONS: OptionNames<ImportOptions> = { signal: true, onProgress: true, onBadLine: true };

/** What an import did. */
export interface ImportResult {
  recordsImported: number;
  /** Bad lines, told to `onBadLine`. */
  linesSkipped: number;
}

/** A key and its value, as the store keeps them. */
export interface RawPair {
  key: Uint8Array;
  value: Uint8Array;
}

/** Lines are put into the store in batches of about this many bytes of keys and values, one write each. */
const BATCH_BYTES = 32 * 1024;

/**
 * Puts the pairs of a source into a store, in bounded memory.
 *
 * @param put Puts a batch; as `appendMany` it may fail having put some.
 */
export function* importSteps(
  fileSystem: FileSystem,
  source: ImportSource,
  options: ImportOptions,
  put: (pairs: readonly RawPair[]) => void,
): Steps<ImportResult> {
  requireKnownOptions(options, IMPORT_OPTIONS);
  const open = openSource(fileSystem, source);
  try {
    return yield* new JsonlImport(open, options, put).run();
  } catch (error) {
    void release(open);
    throw error;
  }
}

const TOO_LONG: ParsedLine = { kind: "bad", reason: "line-too-long" };

class JsonlImport {
  readonly #source: OpenSource;
  readonly #options: ImportOptions;
  readonly #put: (pairs: readonly RawPair[]) => void;
  readonly #splitter = new LineSplitter(JSONL_LINE_LEN_MAX);
  /** Of the line last looked at, from 1. */
  #line = 0;
  #recordsImported = 0;
  #linesSkipped = 0;
  #bytesDone = 0;
  #batch: RawPair[] = [];
  #batchBytes = 0;

  constructor(source: OpenSource, options: ImportOptions, put: (pairs: readonly RawPair[]) => void) {
    this.#source = source;
    this.#options = ownOptions(options);
    this.#put = put;
  }

  *run(): Steps<ImportResult> {
    const failed = (cause: unknown) => this.#failed(cause);
    for (;;) {
      // Before the first progress, which may wait: a stream that has not been asked has nobody who hears that it failed.
      const { done, value } = yield* draw(this.#source, this.#options.signal, failed);
      if (done) break;
      const chunk = ArrayBuffer.isView(value) ? toBytes(value, "chunk") : value;
      yield* this.#takeLines(this.#linesOf(chunk));
      this.#bytesDone += chunk.length;
      yield* this.#progress();
    }
    yield* this.#takeLines(this.#splitter.end());
    this.#flush();
    return { recordsImported: this.#recordsImported, linesSkipped: this.#linesSkipped };
  }

  *#linesOf(chunk: ImportChunk): Generator<string | undefined, void, void> {
    if (ArrayBuffer.isView(chunk)) return yield* this.#splitter.push(chunk);
    if (typeof chunk !== "string") throw badSource("lines or chunks of bytes", `a ${typeof chunk}`);
    const lineEnd = chunk.indexOf("\n");
    if (lineEnd !== -1 && lineEnd < chunk.length - 1) {
      throw badSource("a string to be one line", "several lines in one; pass the text's bytes instead");
    }
    yield* this.#splitter.end();
    yield chunk.length <= JSONL_LINE_LEN_MAX ? chunk : undefined;
  }

  *#takeLines(lines: Iterable<string | undefined>): Steps<void> {
    for (const line of lines) {
      this.#line++;
      this.#takeLine(line);
      if (this.#batchBytes < BATCH_BYTES) continue;
      // Parsing a batch and putting it take some milliseconds each, before their code is compiled.
      yield* this.#progress();
      this.#flush();
      yield* this.#progress();
    }
  }

  /** @param line `undefined` for one that is too long. */
  #takeLine(line: string | undefined): void {
    if (line?.trim() === "") return;
    const parsed = line === undefined ? TOO_LONG : parseJsonlLine(line);
    if (parsed.kind === "pair") {
      this.#batch.push(parsed);
      this.#batchBytes += parsed.key.length + parsed.value.length;
    } else {
      this.#badLine(parsed.reason);
    }
  }

  #badLine(reason: BadLineReason): void {
    const { onBadLine } = this.#options;
    if (!onBadLine) throw this.#stoppedAt(reason);
    onBadLine(this.#line, reason);
    this.#linesSkipped++;
  }

  #flush(): void {
    if (this.#batch.length === 0) return;
    try {
      this.#put(this.#batch);
      this.#recordsImported += this.#batch.length;
    } catch (cause) {
      if (isRecordLogError(cause, "ERR_DATAWAL_BATCH_FAILED")) this.#recordsImported += cause.recordsAppended;
      throw this.#failed(cause);
    } finally {
      this.#batch = [];
      this.#batchBytes = 0;
    }
  }

  *#progress(): Steps<void> {
    const { bytesTotal = this.#bytesDone } = this.#source;
    yield { kind: "progress", bytesDone: this.#bytesDone, bytesTotal };
  }

  /** Every line before the bad one is in the store. */
  #stoppedAt(reason: BadLineReason): DataWalError {
    this.#flush();
    const { line, recordsImported } = this.#counts();
    const message = `importJsonl: expected {"key_b64":"...","value_b64":"..."} at line ${line}, found ${describeBadLine(reason)}; the ${recordsImported} records before it were imported: correct the line, or skip such lines with onBadLine`;
    return new DataWalError("ERR_DATAWAL_BAD_LINE", message, { line, reason, recordsImported });
  }

  #failed(cause: unknown): unknown {
    if (isRecordLogError(cause, "ERR_DATAWAL_CLOSED")) return cause;
    const { line, recordsImported } = this.#counts();
    const message = `importJsonl: stopped behind line ${line} for the reason given as cause; ${recordsImported} records were imported: see the cause, then import again (what is there already is put once more)`;
    return new DataWalError("ERR_DATAWAL_IMPORT_FAILED", message, { line, recordsImported }, cause);
  }

  #counts(): { line: number; recordsImported: number } {
    return { line: this.#line, recordsImported: this.#recordsImported };
  }
}

/** In words that end a sentence "found ...". */
export function describeBadLine(reason: BadLineReason): string {
  return DESCRIBED[reason];
}

const DESCRIBED: Record<BadLineReason, string> = {
  "byte-order-mark": "a byte order mark in front of it",
  "not-a-json-object": "something that is no JSON object",
  "wrong-members": "an object with other members",
  "not-base64": "a member that is not base64 with padding",
  "key-too-large": "a key of more than 64 KiB",
  "value-too-large": "a value of more than 64 MiB",
  "line-too-long": "a line longer than any that an export writes",
};
