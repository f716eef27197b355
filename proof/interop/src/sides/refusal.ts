import { isFormatError } from "@datawal/format";
import { isRecordLogError } from "@datawal/record-log";
import { isSafeatomicError } from "@datawal/safeatomic";
import { ReferenceRefusal } from "../reference/reference-process.js";

/** Why a call failed, in words that both sides share. */
export interface Refusal {
  kind: RefusalKind;
  /** Of `damaged`: where, and what stands there. */
  damage?: { segment: number; offset: number; reason: string };
  text: string;
}

export type RefusalKind =
  | "locked"
  | "damaged"
  | "key-too-large"
  | "payload-too-large"
  | "reserved-key"
  | "target-exists"
  | "poisoned"
  | "txid-limit"
  | "segment-id-limit"
  | "segment-not-a-file"
  | "not-a-directory"
  | "not-found"
  | "journal-damaged"
  | "swap-unfinished"
  | "store-io"
  | "panicked"
  | "file-io"
  | "change-not-durable"
  | "other";

export type Outcome<T> = { ok: true; value: T } | { ok: false; refusal: Refusal };

/** Calls, and turns what either side may say no with into a value. Any other error is a fault of the driver. */
export async function attempt<T>(call: () => T | Promise<T>): Promise<Outcome<T>> {
  try {
    return { ok: true, value: await call() };
  } catch (error) {
    return { ok: false, refusal: refusalOf(error) };
  }
}

export function refusalOf(error: unknown): Refusal {
  if (error instanceof ReferenceRefusal) return referenceRefusal(error.message);
  if (isRecordLogError(error) || isFormatError(error) || isSafeatomicError(error)) return ourRefusal(error);
  throw error;
}

const OUR_KINDS: Readonly<Record<string, RefusalKind>> = {
  ERR_DATAWAL_LOCKED: "locked",
  ERR_DATAWAL_SEGMENT_DAMAGED: "damaged",
  ERR_DATAWAL_NOT_A_SEGMENT: "damaged",
  ERR_DATAWAL_FRAME_UNSUPPORTED: "damaged",
  ERR_DATAWAL_KEY_TOO_LARGE: "key-too-large",
  ERR_DATAWAL_PAYLOAD_TOO_LARGE: "payload-too-large",
  ERR_DATAWAL_RESERVED_KEY: "reserved-key",
  ERR_DATAWAL_TARGET_EXISTS: "target-exists",
  ERR_DATAWAL_POISONED: "poisoned",
  ERR_DATAWAL_TXID_LIMIT: "txid-limit",
  ERR_DATAWAL_SEGMENT_ID_LIMIT: "segment-id-limit",
  ERR_DATAWAL_SEGMENT_NOT_A_FILE: "segment-not-a-file",
  ERR_DATAWAL_NOT_A_DIRECTORY: "not-a-directory",
  ERR_DATAWAL_STORE_NOT_A_DIRECTORY: "not-a-directory",
  ERR_DATAWAL_STORE_NOT_FOUND: "not-found",
  ERR_DATAWAL_JOURNAL_DAMAGED: "journal-damaged",
  ERR_DATAWAL_SWAP_UNFINISHED: "swap-unfinished",
  ERR_DATAWAL_STORE_IO: "store-io",
  ERR_DATAWAL_FILE_IO: "file-io",
  ERR_DATAWAL_CHANGE_NOT_DURABLE: "change-not-durable",
};

function ourRefusal(error: Error & { code: string }): Refusal {
  const text = `${error.code}: ${error.message}`;
  const kind = OUR_KINDS[error.code] ?? "other";
  if (!("segment" in error && "offset" in error && "reason" in error)) return { kind, text };
  const { segment, offset, reason } = error;
  return { kind, text, damage: { segment: Number(segment), offset: Number(offset), reason: String(reason) } };
}

/** In this order: an error inside a segment quotes one of those further down. */
const REFERENCE_KINDS: readonly [RegExp, RefusalKind][] = [
  [/^datawal: log directory is already locked: /, "locked"],
  [/^datawal: writer poisoned: .*; drop handle and reopen$/, "poisoned"],
  [/^datawal: key_len \d+ exceeds MAX_KEY_LEN 65536$/, "key-too-large"],
  [/^datawal: payload_len \d+ exceeds MAX_PAYLOAD_LEN 67108864$/, "payload-too-large"],
  [/^datawal: compact_to target .* is not empty; refusing to overwrite/, "target-exists"],
  [/^datawal: read_dir on compact_to target /, "not-a-directory"],
  [/^datawal: reader dir .* is not a directory/, "not-a-directory"],
  [/^datawal: create_dir_all /, "not-a-directory"],
  [/^datawal: stat reader dir /, "not-found"],
  [/^datawal: txid overflow at /, "txid-limit"],
  [/^datawal: rotate computed non-increasing segment id/, "segment-id-limit"],
  [/^datawal: create initial segment /, "segment-not-a-file"],
  [/^panicked: /, "panicked"],
];

const DAMAGE_PATTERNS: readonly [RegExp, string | undefined][] = [
  [/^datawal: truncated record at offset (\d+) of non-tail segment (\d+) /, "truncated"],
  [/^datawal: CRC mismatch at offset (\d+) of non-tail segment (\d+) /, "crc-mismatch"],
  [/^datawal: structural decode error at offset (\d+) of segment (\d+) /, undefined],
];

const STRUCTURAL_REASONS: readonly [string, string][] = [
  ["datawal: bad magic", "bad-magic"],
  ["datawal: unknown wire version", "unknown-version"],
  ["datawal: unknown record_type byte", "unknown-record-type"],
  ["datawal: reserved flags byte", "reserved-flags"],
  ["datawal: key_len", "key-too-large"],
  ["datawal: payload_len", "payload-too-large"],
];

function referenceRefusal(text: string): Refusal {
  if (text.startsWith("interop: ")) throw new Error(text);
  for (const [pattern, known] of DAMAGE_PATTERNS) {
    const match = pattern.exec(text);
    if (!match) continue;
    const reason = known ?? STRUCTURAL_REASONS.find(([phrase]) => text.includes(phrase))?.[1] ?? text;
    return { kind: "damaged", text, damage: { offset: Number(match[1]), segment: Number(match[2]), reason } };
  }
  return { kind: REFERENCE_KINDS.find(([pattern]) => pattern.test(text))?.[1] ?? "other", text };
}

/** What a refusal says, the wording apart: two that are the same to a program have the same key. */
export function refusalKey({ kind, damage }: Refusal): string {
  if (!damage) return kind;
  return `${kind} at segment ${damage.segment} offset ${damage.offset}: ${damage.reason}`;
}
