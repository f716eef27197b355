import { type Files, isPrefix, isRightAnswer, isTypedRefusal, type OracleRecord } from "@datawal/oracle";
import { DataWal } from "datawal";
import { type BaseStore, makeBaseStore, replaceSegments, STORE } from "./base-store.js";
import type { DamageFamily, StoreDamage } from "./damage-family.js";
import { expectationOf } from "./expectation.js";
import type { PlantedFault, Tell } from "./judge.js";
import { movedFrames } from "./moved-frames.js";
import { oneBit } from "./one-bit.js";
import { put } from "./records.js";
import { smallStore } from "./two-bits.js";

/**
 * Damage behind the back of a store that is open: each bit of a small one, and each two frames of one length swapped,
 * so that a place that is remembered holds another key's value. An answer is right, or an error of ours.
 */
export function damagedWhileOpen(): DamageFamily[] {
  const small = smallStore("sealed");
  const even = makeBaseStore([
    ["a", "b", "c", "d"].map((key, index) => put(index + 1, key, `value of ${key}`)),
  ]);
  const [swapped] = movedFrames(even);
  return [openStoreFamily(small, oneBit("one-bit", small)), openStoreFamily(even, swapped!)];
}

function openStoreFamily(base: BaseStore, damage: StoreDamage): DamageFamily {
  return {
    name: `${damage.name}-while-open`,
    count: damage.count,
    describe: (index) => `behind the back of a store that is open: ${damage.describe(index)}`,
    judge: (index, fault, tell) => judgeOpenStore(base, damage.damaged(index), fault, tell),
  };
}

function judgeOpenStore(base: BaseStore, files: Files, fault: PlantedFault, tell: Tell): void {
  const disk = base.diskWith(base.files);
  const fileSystem = fault.wrap?.(disk) ?? disk;
  const db = DataWal.openSync(STORE, { fileSystem, crc32c: fault.crc32c });
  replaceSegments(disk, base.files, files);
  const found: OracleRecord[] = [];
  let said = `a scan of ${base.records.length} records came to its end`;
  try {
    for (const record of db.scan()) found.push(record);
  } catch (error) {
    said = `a scan ended after ${found.length} records: ${String(error)}`;
    isTypedRefusal(error);
  }
  tell({ kind: "opened", said });
  isPrefix(found, expectationOf(base, files).records);
  isRightAnswer(base.records, (key) => db.get(key), { mayThrow: true });
  db.closeSync();
}
