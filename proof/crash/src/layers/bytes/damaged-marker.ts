import { hasPairsOf, isIdempotent, isRightAnswer, isUntouched, type OracleRecord } from "@datawal/oracle";
import { createSimulatedDisk, type SimulatedDisk } from "@datawal/safeatomic/testing";
import { DataWal, type OpenOptions, type RecoveryReport, verifyLogSync } from "datawal";
import { BrokenDemand } from "../broken-demand.js";
import { contentOf, filesOf, mountOf, STORE } from "./base-store.js";
import type { DamageFamily } from "./damage-family.js";
import { flipped } from "./segment-bytes.js";

const MARKER = "removed-segments";

interface MarkerCase {
  described: string;
  /** What the marker is then; `undefined`: gone. */
  marker: Uint8Array | undefined;
  isNaming: boolean;
}

/**
 * The marker of a store that was compacted in place: each bit of it turned over, cut to each length, gone. It holds
 * nothing that a record needs: all of them are there, and where its first line is damaged its holes are told.
 */
export function damagedMarker(): DamageFamily {
  const disk = compactedDisk();
  const mount = mountOf(disk);
  const whole = contentOf(disk, MARKER);
  const records = open(mount()).records;
  const cases = casesOf(whole);
  return {
    name: "marker",
    count: cases.length,
    describe: (index) => cases[index]!.described,
    judge(index, { wrap, crc32c }, tell) {
      const { marker, isNaming } = cases[index]!;
      const damaged = mount();
      replaceMarker(damaged, marker);
      const options = { fileSystem: wrap?.(damaged) ?? damaged, crc32c };
      const before = filesOf(damaged);
      const read = verifyLogSync(STORE, options).report;
      isUntouched(before, filesOf(damaged));
      const first = open(options.fileSystem, options);
      tell({ kind: "opened", said: first.report.warnings.map(({ kind }) => kind).join(", ") });
      hasPairsOf(first.records, records, records.length);
      isIdempotent({ records, report: first.report }, first);
      isIdempotent(first, open(options.fileSystem, options));
      for (const report of [read, first.report]) areHolesTold(report, !isNaming);
    },
  };
}

/** Segments 1, 3 and 4 are gone, 2 was left, and the newest is noted in the marker. */
function compactedDisk(): SimulatedDisk {
  const disk = createSimulatedDisk();
  const db = DataWal.openSync(STORE, { fileSystem: disk });
  const put = (...keys: string[]) => {
    for (const key of keys) db.put(key, `${key} in its segment`);
    db.rotateSync();
  };
  put("a", "b");
  put("c");
  put("a", "d");
  put("a", "b", "d");
  db.compactSync();
  db.closeSync();
  return disk;
}

function casesOf(whole: Uint8Array): MarkerCase[] {
  const firstLineLen = whole.indexOf(LINE_FEED) + 1;
  const bits = Array.from({ length: whole.length * 8 }, (_, bit) => ({
    described: `bit ${bit & 7} of byte ${bit >> 3} of the marker turned over`,
    marker: flipped(whole, bit),
    isNaming: bit >> 3 >= firstLineLen,
  }));
  const cuts = Array.from(whole, (_, length) => ({
    described: `the marker cut to ${length} bytes`,
    marker: whole.subarray(0, length),
    isNaming: length >= firstLineLen,
  }));
  return [...bits, ...cuts, { described: "the marker gone", marker: undefined, isNaming: false }];
}

const LINE_FEED = 10;

function replaceMarker(disk: SimulatedDisk, marker: Uint8Array | undefined): void {
  const path = `${STORE}/${MARKER}`;
  disk.removeFile(path);
  if (!marker) return;
  const file = disk.open(path, "create");
  file.append(marker, 0, marker.length);
  file.close();
}

function open(fileSystem: OpenOptions["fileSystem"], options: OpenOptions = {}) {
  using db = DataWal.openSync(STORE, { ...options, fileSystem });
  const records: OracleRecord[] = [...db.scan()];
  isRightAnswer(records, (key) => db.get(key));
  return { records, report: db.recoveryReport() };
}

function areHolesTold({ warnings }: RecoveryReport, isExpected: boolean): void {
  const isTold = warnings.some(({ kind }) => kind === "missing-segment");
  if (isTold === isExpected) return;
  const kinds = warnings.map(({ kind }) => kind).join();
  throw new BrokenDemand("a hole is told where no marker names it, and only there", `warnings: ${kinds}`);
}
