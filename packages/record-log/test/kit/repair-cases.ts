import { crc32c } from "@datawal/format";
import type { SimulatedDisk } from "@datawal/safeatomic/testing";
import { concat, flipped, frames, put, raw, type SampleRecord } from "./frames.js";
import { leaveNote } from "./lock-file.js";
import { diskWith, STORE } from "./store-files.js";

/** A store as a crash left it, and what every open has to make of it. */
export interface RepairCase {
  name: string;
  prepare(): SimulatedDisk;
  /** What must be recovered: all of it, nothing else. */
  records: SampleRecord[];
  /** The bytes behind these records; empty where there are none. */
  tail: Uint8Array;
  /** Valid frames within the tail. */
  beyond: SampleRecord[];
}

const sealed = [raw(1, "sealed"), put(2, "key", "also sealed")];
const active = [put(3, "key", "x".repeat(600)), raw(4, "the last but one"), raw(5, "the last")];
const records = [...sealed, ...active];
const prefix = frames(...active);
const provenSize = frames(active[0]!).length;
const torn = frames(put(6, "key", "cut short")).subarray(0, -7);
const beyond = [raw(7, "beyond"), put(8, "key", "also beyond")];
const damagedThenValid = concat(flipped(frames(put(6, "key", "damaged")), 220), frames(...beyond));
const noTail = new Uint8Array(0);

const SEALED = "00000001.dwal";
const ACTIVE = "00000002.dwal";
const JOURNAL = "00000002.tail";
const QUARANTINE = `00000002.cut-${prefix.length}`;

function store(content: Uint8Array, more: Record<string, Uint8Array> = {}): SimulatedDisk {
  return diskWith({ [SEALED]: frames(...sealed), [ACTIVE]: content, ...more });
}

/** With a note that says that less than the prefix was synced. */
function doubtful(content: Uint8Array, more: Record<string, Uint8Array> = {}): SimulatedDisk {
  const disk = store(content, more);
  leaveNote(disk, { segment: 2, size: provenSize });
  return disk;
}

/** A journal as tail-journal.ts describes it. */
export function journalOf(segment: number, offset: number, content: Uint8Array): Uint8Array {
  const text = `tail 1 ${segment} ${offset} ${content.length}`;
  const crc = crc32c(Buffer.from(text), crc32c(content)) >>> 0;
  return concat(content, Buffer.from(`${`${text} ${crc.toString(16)}`.padEnd(79)}\n`));
}

/**
 * A quarantine file as quarantine-header.ts describes it.
 *
 * @param before The records of the segment that its bytes stood behind.
 * @param part Which of the bytes it has; all when absent.
 */
export function quarantineOf(
  segment: number,
  before: readonly SampleRecord[],
  tail: Uint8Array,
  part = { offset: 0, byteCount: tail.length },
): Uint8Array {
  const log = frames(...before);
  const last = log.length - frames(...before.slice(-1)).length;
  const crc = () => new DataView(log.buffer, log.byteOffset).getUint32(log.length - 4, true).toString(16);
  const mark = before.length === 0 ? "- - - -" : `${segment} ${last} ${before.at(-1)!.txid} ${crc()}`;
  const place = `${log.length + part.offset} ${part.byteCount}`;
  const text = `cut 1 ${segment} ${log.length} ${tail.length} ${place} ${mark}`;
  const line = `${text} ${(crc32c(Buffer.from(text)) >>> 0).toString(16)}`.padEnd(159);
  return concat(Buffer.from(`${line}\n`), tail.subarray(part.offset, part.offset + part.byteCount));
}

/** That of the store of {@link REPAIR_CASES}. */
function kept(tail: Uint8Array): Uint8Array {
  return quarantineOf(2, active, tail);
}

const journal = journalOf(2, provenSize, prefix.subarray(provenSize));

export const REPAIR_CASES: readonly RepairCase[] = [
  { name: "a torn tail", prepare: () => store(concat(prefix, torn)), records, tail: torn, beyond: [] },
  {
    name: "a tail of zeros",
    prepare: () => store(concat(prefix, new Uint8Array(700))),
    records,
    tail: noTail,
    beyond: [],
  },
  {
    name: "a tail that may not be on disk",
    prepare: () => doubtful(prefix),
    records,
    tail: noTail,
    beyond: [],
  },
  {
    name: "a tail that may not be on disk, before a torn one",
    prepare: () => doubtful(concat(prefix, torn)),
    records,
    tail: torn,
    beyond: [],
  },
  {
    name: "a tail that may not be on disk, before damage with valid frames beyond",
    prepare: () => doubtful(concat(prefix, damagedThenValid)),
    records,
    tail: damagedThenValid,
    beyond,
  },
  {
    name: "a repair that was killed when the tail was kept and the journal published",
    prepare: () =>
      doubtful(concat(prefix, damagedThenValid), {
        [QUARANTINE]: kept(damagedThenValid),
        [JOURNAL]: journal,
      }),
    records,
    tail: damagedThenValid,
    beyond,
  },
  {
    name: "a repair that was killed when the segment was cut",
    prepare: () =>
      doubtful(prefix.subarray(0, provenSize), { [QUARANTINE]: kept(damagedThenValid), [JOURNAL]: journal }),
    records,
    tail: damagedThenValid,
    beyond,
  },
  {
    name: "a repair that was killed half way through appending",
    prepare: () =>
      doubtful(prefix.subarray(0, provenSize + 30), { [QUARANTINE]: kept(torn), [JOURNAL]: journal }),
    records,
    tail: torn,
    beyond: [],
  },
  {
    name: "temporaries and a kept tail that was not cut yet",
    prepare: () =>
      store(concat(prefix, torn), {
        [QUARANTINE]: kept(torn),
        [`${QUARANTINE}-1.new`]: torn.subarray(0, 3),
        [`${JOURNAL}.new`]: journal.subarray(0, 5),
      }),
    records,
    tail: torn,
    beyond: [],
  },
  { name: "a clean store", prepare: () => store(prefix), records, tail: noTail, beyond: [] },
  { name: "an empty directory", prepare: () => diskWith({}), records: [], tail: noTail, beyond: [] },
  {
    name: "no directory",
    prepare: () => {
      const disk = diskWith({});
      disk.removeDirectory(STORE);
      disk.fsyncDirectorySync("/");
      return disk;
    },
    records: [],
    tail: noTail,
    beyond: [],
  },
];
