import { isIdempotent, isPrefixWithAcknowledged, isUntouched } from "@datawal/oracle";
import { type SimulatedDisk, withFaults } from "@datawal/safeatomic/testing";
import { describe, expect, test } from "vitest";
import { RecordLog, salvageToSync, verifyLogSync } from "../../src/index.js";
import { concat, flipped, frames, put, raw, type SampleRecord } from "../kit/frames.js";
import { readBack, thrownBy } from "../kit/read-back.js";
import { visitByReference } from "../kit/reference-visit.js";
import { journalOf, quarantineOf } from "../kit/repair-cases.js";
import { allOrSample } from "../kit/seeded-random.js";
import { diskWith, type Files, filesOf, keptBytes, STORE } from "../kit/store-files.js";

/*
 * The story: an open of ours was killed when the journal of its repair was published. The Rust crate, which knows of no
 * journals, opened the store, took the log to end where the segment did, appended, synced, acknowledged. Our next open
 * applied the journal over that, and the crate's records were gone.
 */

const SEALED = "00000001.dwal";
const SEGMENT = "00000002.dwal";
const JOURNAL = "00000002.tail";
const TARGET = "/salvaged";

const sealed = [raw(1, "sealed")];
const proven = [raw(2, "proven")];
const journaled = [put(3, "key", "x".repeat(700)), raw(4, "in doubt"), raw(5, "too")];
const ours = [...sealed, ...proven, ...journaled];
const start = frames(...proven);
const doubtful = frames(...journaled);
const tail = concat(flipped(frames(raw(6, "damaged")), 210), frames(raw(7, "beyond")));
const firstFrame = frames(journaled[0]!).length;

interface Interrupted {
  name: string;
  files: Files;
  /** Whether the reference takes the log to end where the segment does, so that what it appends is in its log. */
  isClean: boolean;
  /** Records that the interrupted repair had cut off. */
  beyond: SampleRecord[];
}

function interrupted(name: string, segment: Uint8Array, more: Partial<Interrupted> = {}): Interrupted {
  const journal = journalOf(2, start.length, doubtful);
  const files = { [SEALED]: frames(...sealed), [SEGMENT]: segment, [JOURNAL]: journal, ...more.files };
  return { name, isClean: true, beyond: [], ...more, files };
}

const kept = {
  files: {
    [`00000002.cut-${start.length + doubtful.length}`]: quarantineOf(2, [...proven, ...journaled], tail),
  },
  beyond: [raw(7, "beyond")],
};

const STATES: readonly Interrupted[] = [
  interrupted("cut", start),
  interrupted("one of three records appended again", concat(start, doubtful.subarray(0, firstFrame))),
  interrupted("all but the journal's removal done", concat(start, doubtful)),
  interrupted("cut, a tail kept", start, kept),
  interrupted("nothing proven", new Uint8Array(0), {
    files: { [JOURNAL]: journalOf(2, 0, concat(start, doubtful)) },
  }),
  interrupted("half of a record appended again", concat(start, doubtful.subarray(0, 40)), { isClean: false }),
  interrupted("half of the second record appended", concat(start, doubtful.subarray(0, firstFrame + 30)), {
    isClean: false,
  }),
  interrupted("a tail kept and not cut yet", concat(start, doubtful, tail), { ...kept, isClean: false }),
];

const CLEAN = STATES.filter(({ isClean }) => isClean);

type Death = "killProcess" | "cutPower";

/** Opens the store in a process that dies at its port call of that number; returns how many calls it made. */
function openAndDie(disk: SimulatedDisk, callIndex: number, death: Death): number {
  const mortal = withFaults(disk, ({ index }) => (index === callIndex ? "stop" : undefined));
  try {
    RecordLog.openSync(STORE, { fileSystem: mortal }).closeSync();
  } catch (error) {
    if (!(error instanceof Error && error.name === "StoppedError")) throw error;
  }
  disk[death]();
  return mortal.callCount;
}

function visited({ files }: Interrupted, count = 2): { disk: SimulatedDisk; theirs: SampleRecord[] } {
  const disk = diskWith(files);
  const theirs = Array.from({ length: count }, (_, index) => visitByReference(disk, `theirs, ${index + 1}`));
  return { disk, theirs };
}

function opensWith(disk: SimulatedDisk, expected: readonly SampleRecord[]): void {
  const first = readBack(disk);
  isPrefixWithAcknowledged(first.records, expected, expected.length);
  isIdempotent(first, readBack(disk));
  expect(Object.keys(filesOf(disk)).filter((name) => /tail|new$/.test(name))).toEqual([]);
}

/** Payloads and txids, in order. */
function told(records: readonly SampleRecord[]): string[] {
  return records.map(({ txid, payload }) => `${txid} ${Buffer.from(payload).toString().slice(0, 20)}`);
}

/** What the target has, then what was extracted. */
function salvaged(disk: SimulatedDisk): string[] {
  const target = `${TARGET}-${disk.list("/").length}`;
  const { quarantines } = salvageToSync(STORE, target, { fileSystem: disk });
  const records: SampleRecord[] = [];
  for (const store of [target, ...quarantines.flatMap((each) => each.target ?? [])]) {
    verifyLogSync(store, {
      fileSystem: disk,
      replay: ({ type, txid, key, payload }) =>
        records.push({ type, txid, key: key.slice(), payload: payload.slice() }),
    });
  }
  return told(records);
}

describe.each(STATES)("interrupted: $name", (state) => {
  const { theirs } = visited(state);
  const expected = state.isClean ? [...ours, ...theirs] : ours;
  const everything = told([...ours, ...state.beyond, ...theirs]);

  test("what the reference has appended since is in the log, or kept where it is in no log", () => {
    const { disk } = visited(state);
    opensWith(disk, expected);
    expect(salvaged(disk).sort()).toEqual(everything.toSorted());
  });

  test("salvage collects every record once, the reference's last", () => {
    const { disk } = visited(state);
    const before = filesOf(disk);
    expect(salvaged(disk)).toEqual(everything);
    isUntouched(before, filesOf(disk));
  });

  test("an open that dies at any port call, by a kill or a power cut, loses none of it", () => {
    const calls = openAndDie(visited(state).disk, Number.POSITIVE_INFINITY, "killProcess");
    for (const death of ["killProcess", "cutPower"] as const) {
      for (const index of allOrSample(0, calls, 4)) {
        const { disk } = visited(state);
        openAndDie(disk, index, death);
        expect(salvaged(disk).sort(), `${death} ${index}`).toEqual(everything.toSorted());
        opensWith(disk, expected);
        expect(salvaged(disk).sort(), `${death} ${index}`).toEqual(everything.toSorted());
      }
    }
  }, 60_000);

  test("and one that dies in the open after it", () => {
    const calls = openAndDie(visited(state).disk, Number.POSITIVE_INFINITY, "killProcess");
    for (const first of allOrSample(0, calls, 3, 14)) {
      for (const second of allOrSample(0, calls, 3, 14)) {
        const { disk } = visited(state);
        openAndDie(disk, first, "killProcess");
        const made = openAndDie(disk, second, "cutPower");
        opensWith(disk, expected);
        // It came to its end: later deaths are none.
        if (made < second) break;
      }
    }
  }, 180_000);

  test("the reference may come again after each death: nothing is lost, nothing is there twice", () => {
    const calls = openAndDie(visited(state).disk, Number.POSITIVE_INFINITY, "killProcess");
    for (const death of ["killProcess", "cutPower"] as const) {
      for (const index of allOrSample(0, calls, 4)) {
        const { disk } = visited(state);
        openAndDie(disk, index, death);
        const again = visitByReference(disk, "theirs, again");
        const wanted = [...everything, ...told([again])].sort();
        expect(salvaged(disk).sort(), `${death} ${index}`).toEqual(wanted);
        readBack(disk);
        expect(salvaged(disk).sort(), `${death} ${index}`).toEqual(wanted);
      }
    }
  }, 60_000);

  test("whichever call fails, nothing is lost and no file is left open", () => {
    const calls = openAndDie(visited(state).disk, Number.POSITIVE_INFINITY, "killProcess");
    for (const failing of allOrSample(0, calls - 1, 4)) {
      for (const errno of ["EIO", "ENOSPC"]) {
        const { disk } = visited(state);
        const faulty = withFaults(disk, ({ index }) => (index === failing ? { errno } : undefined));
        try {
          RecordLog.openSync(STORE, { fileSystem: faulty }).closeSync();
        } catch (error) {
          expect(error).toMatchObject({ code: expect.stringMatching(/^ERR_DATAWAL_/) });
        }
        expect(faulty.openFileCount, `call ${failing}`).toBe(0);
        disk.killProcess();
        opensWith(disk, expected);
      }
    }
  }, 60_000);
});

test("what is cut is kept first: the quarantine file, then the longer journal, then the segment", () => {
  const { disk } = visited(STATES[0]!);
  const file = disk.open(`${STORE}/${SEGMENT}`, "append");
  const cutShort = frames(raw(99, "cut short")).subarray(0, -3);
  file.append(cutShort, 0, cutShort.length);
  const changes: string[] = [];
  const traced = withFaults(disk, ({ operation, path, to }) => {
    if (/^(rename|removeFile|file\.truncate|fsyncDirectorySync)$/.test(operation))
      changes.push(`${operation} ${(to ?? path).replace(/.*\//, "")}`);
  });
  const log = RecordLog.openSync(STORE, { fileSystem: traced });
  const quarantine = Object.keys(filesOf(disk)).find((name) => name.includes(".cut-"))!;
  expect(log.recoveryReport().warnings).toContainEqual({
    kind: "quarantine-present",
    path: `${STORE}/${quarantine}`,
  });
  expect(changes.slice(changes.findIndex((change) => change.startsWith("rename")))).toEqual([
    `rename ${quarantine}`,
    "fsyncDirectorySync store",
    `rename ${JOURNAL}`,
    "fsyncDirectorySync store",
    `file.truncate ${SEGMENT}`,
    `removeFile ${JOURNAL}`,
    "fsyncDirectorySync store",
  ]);
});

test("without space nothing is changed, and the error tells how much is needed", () => {
  const { disk } = visited(STATES[0]!);
  const before = filesOf(disk);
  const full = withFaults(disk, ({ operation, path }) =>
    operation.startsWith("file.append") && path.endsWith(".new") ? { errno: "ENOSPC" } : undefined,
  );
  expect(thrownBy(() => readBack(full))).toMatchObject({
    code: "ERR_DATAWAL_NO_SPACE",
    bytesNeeded: before[SEGMENT]!.length - start.length + doubtful.length,
  });
  isUntouched(before, filesOf(disk));
});

describe("a valid frame that the reference did not append there", () => {
  test.each([
    ["with a txid that is too large", raw(9, "stale")],
    ["with one that the log has already", raw(2, "stale")],
  ])("does not become a record: %s", (_name, stale) => {
    const disk = diskWith({ ...STATES[0]!.files, [SEGMENT]: concat(start, frames(stale)) });
    opensWith(disk, ours);
    const name = `00000002.cut-${start.length}`;
    expect(keptBytes(filesOf(disk)[name]!)).toEqual(frames(stale));
  });
});

/** A second repair that a power cut ended: each sector is from before it or from behind it, the size is free. */
test("whatever sectors a power cut leaves of the second repair, the log has each record once", () => {
  const sector = (txid: number, text: string) => raw(txid, text.repeat(484).slice(0, 484));
  const first = sector(1, "first ");
  const mine = [sector(2, "mine "), sector(3, "mine too ")];
  const theirs = [sector(2, "theirs "), sector(3, "theirs too ")];
  const all = [first, ...mine, ...theirs];
  const after = frames(...all);
  const before = frames(first, ...theirs);
  const journal = journalOf(1, 512, frames(...mine, ...theirs));
  const expectAll = (segment: Uint8Array) => {
    const disk = diskWith({ "00000001.dwal": segment, "00000001.tail": journal });
    opensWith(disk, all);
    return disk;
  };
  for (let size = 512; size <= after.length; size += 256) {
    for (const mix of allOrSample(0, 3 ** 4 - 1, 5)) {
      const segment = after.slice(0, size);
      for (let piece = 1; piece <= 4; piece++) {
        const from = piece * 512;
        const choice = Math.floor(mix / 3 ** (piece - 1)) % 3;
        const old = concat(before, new Uint8Array(2048)).subarray(from, from + 512);
        const bytes = choice === 1 ? old : new Uint8Array(512);
        if (choice > 0 && from < size) segment.set(bytes.subarray(0, size - from), from);
      }
      expectAll(segment);
    }
  }
});

/** They hold whole frames, of the journal or of the tail that was kept: quarantined again, salvage would find them twice. */
test("what a power cut leaves of the repair itself is not quarantined", () => {
  const state = STATES.find(({ name }) => name === "a tail kept and not cut yet")!;
  const whole = state.files[SEGMENT]!;
  for (const lost of allOrSample(start.length, whole.length - 1, 15)) {
    const segment = whole.slice();
    segment.fill(0, lost, lost + 40);
    const disk = diskWith({ ...state.files, [SEGMENT]: segment });
    opensWith(disk, ours);
    expect(Object.keys(filesOf(disk))).toEqual([SEALED, ...Object.keys(kept.files), SEGMENT].sort());
  }
});

test("records of many chunks are taken over", () => {
  const large = [2, 3].map((txid) => raw(txid, new Uint8Array(1_300_000).fill(txid)));
  const theirs = [2, 3].map((txid) => raw(txid, new Uint8Array(1_200_000).fill(txid + 10)));
  const first = raw(1, "first");
  const disk = diskWith({
    "00000001.dwal": frames(first, ...theirs),
    "00000001.tail": journalOf(1, frames(first).length, frames(...large)),
  });
  opensWith(disk, [first, ...large, ...theirs]);
});

test("the reference may have rotated: a sealed segment gets its records, too", () => {
  const { disk, theirs } = visited(STATES[0]!);
  const next = raw(99, "in the next segment");
  const file = disk.open(`${STORE}/00000003.dwal`, "create");
  file.append(frames(next), 0, frames(next).length);
  file.fsyncSync();
  file.close();
  disk.fsyncDirectorySync(STORE);
  opensWith(disk, [...ours, ...theirs, next]);
});

describe("the check can fail", () => {
  test("a journal applied over the reference's records loses them", () => {
    const { disk, theirs } = visited(CLEAN[0]!);
    const file = disk.open(`${STORE}/${SEGMENT}`, "append");
    file.truncate(start.length);
    file.close();
    expect(() => opensWith(disk, [...ours, ...theirs])).toThrow("oracle: 1 durable");
  });

  test("each state is one that the reference appends to: two records more, synced", () => {
    for (const state of STATES) {
      const { disk, theirs } = visited(state);
      disk.cutPower();
      const grown = filesOf(disk)[SEGMENT]!.length - state.files[SEGMENT]!.length;
      expect(grown).toBe(frames(...theirs).length);
    }
  });
});
