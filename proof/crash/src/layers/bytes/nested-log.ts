import { encodeRecord } from "@datawal/format";
import { type Files, isNothingFabricated, isPrefixWithAcknowledged, isUntouched } from "@datawal/oracle";
import { RecordLog, salvageToSync } from "@datawal/record-log";
import { type BaseStore, concatFrames, filesOf, makeBaseStore, STORE } from "./base-store.js";
import type { DamageFamily } from "./damage-family.js";
import { judgeDamagedStore, type PlantedFault } from "./judge.js";
import type { WrittenRecord } from "./known-frames.js";
import { put } from "./records.js";
import { flipped } from "./segment-bytes.js";

/** The txids of the log that is stored as a payload; the record that holds it has txid 3. */
const INNER_TXIDS: Readonly<Record<string, readonly number[]>> = {
  "continues-the-outer-log": [3, 4, 5],
  "begins-one-further": [4, 5, 6],
  "is-far-ahead": [100, 101, 102],
  "is-an-older-copy": [1, 2],
};

/**
 * A segment stored as a payload, with each bit of the outer frame turned over: opening ends before it, and salvage
 * saves every record but the one that was hit. No frame of the payload is taken for a record.
 */
export function nestedLogs(): DamageFamily[] {
  return Object.entries(INNER_TXIDS).flatMap(([name, txids]) =>
    (["active", "sealed"] as const).map((where) =>
      nestedLog(`nested-log-that-${name}-${where}`, txids, where),
    ),
  );
}

function nestedLog(name: string, innerTxids: readonly number[], where: "active" | "sealed"): DamageFamily {
  const inner = concatFrames(innerTxids.map((txid) => put(txid, "inner", "nested")));
  const before = [put(1, "key", "before"), put(2, "other", "before")];
  const outer = put(3, "copy", inner);
  const after = [put(4, "key", "after"), put(5, "inner", "after")];
  const all = [...before, outer, ...after];
  const base = makeBaseStore(where === "active" ? [all] : [all, [put(6, "key", "last")]]);
  const start = concatFrames(before).length * 8;
  return {
    name,
    count: encodeRecord(outer).length * 8,
    describe: (bit) =>
      `bit ${bit} of a frame turned over that holds the frames ${innerTxids} as its payload, in a ${where} segment`,
    judge: (bit, fault, tell) => {
      const files = { ...base.files, [SEGMENT]: flipped(base.files[SEGMENT]!, start + bit) };
      judgeDamagedStore(base, files, fault, tell);
      judgeSalvage(
        base,
        files,
        fault,
        base.records.filter((record) => record !== outer),
      );
    },
  };
}

const SEGMENT = "00000001.dwal";
const SALVAGED = "/salvaged";

/** @param expected what can be saved. */
function judgeSalvage(
  base: BaseStore,
  files: Files,
  fault: PlantedFault,
  expected: readonly WrittenRecord[],
): void {
  const disk = base.diskWith(files);
  const options = { fileSystem: fault.wrap?.(disk) ?? disk, crc32c: fault.crc32c };
  salvageToSync(STORE, SALVAGED, options);
  isUntouched(files, filesOf(disk));
  const log = RecordLog.openSync(SALVAGED, options);
  const saved = [...log.scan()];
  log.closeSync();
  isNothingFabricated(saved, base.records);
  isPrefixWithAcknowledged(saved, expected, expected.length);
}
