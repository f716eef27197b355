import { createSimulatedDisk } from "@datawal/safeatomic/testing";
import { DataWal } from "../../../src/index.js";

export const COUNT = 800_000;

const fileSystem = createSimulatedDisk();
// By the log.
const options = { fileSystem, checkpoint: false };
const filled = DataWal.openSync("/store", options);
const value = new Uint8Array(8);
// Small ones: what is allocated for each shows most.
for (let from = 0; from < COUNT; from += 10_000) {
  filled.putMany(
    Array.from({ length: 10_000 }, (_, at) => [`key-${String(from + at).padStart(12, "0")}`, value] as const),
  );
}
filled.closeSync();

/** Opens a store of many small records. */
export function work(): void {
  DataWal.openSync("/store", options).closeSync();
}
