import type { Files } from "@datawal/oracle";
import type { FileSystem, LongOperationOptions } from "@datawal/safeatomic";
import {
  createSimulatedDisk,
  type SimulatedDisk,
  StoppedError,
  withFaults,
} from "@datawal/safeatomic/testing";
import { DataWal, replaceStore, replaceStoreSync } from "datawal";
import { BrokenDemand } from "../broken-demand.js";
import { describeFiles, filesWhere, preparedOnce, sameFiles, treeOf, writeFile } from "./disk-tree.js";
import { STORE } from "./judge-log.js";
import type { Aftermath, Workload } from "./workload.js";

const REPLACEMENT = "/compact";

/** A store of several segments, with a quarantine file, and its compacted copy, both closed and durable. */
function twoStores(): SimulatedDisk {
  const disk = createSimulatedDisk();
  const db = DataWal.openSync(STORE, { fileSystem: disk, segmentBytesMax: 100 });
  for (const [key, value] of ["a1", "b2", "a3", "c4"]) db.put(key!, `${value} of a store`);
  db.delete("b");
  db.compactToSync(REPLACEMENT);
  db.closeSync();
  writeFile(disk, `${STORE}/00000001.cut-74`, "put aside");
  return disk;
}

/** A swap that died at the call before which `isReached` says so. */
function killedSwap(isReached: (disk: SimulatedDisk) => boolean): SimulatedDisk {
  const disk = twoStores();
  const dying = withFaults(disk, () => (isReached(disk) ? "stop" : undefined));
  try {
    replaceStoreSync(STORE, REPLACEMENT, { fileSystem: dying });
    throw new Error("the swap did not come to the call it was to die at");
  } catch (error) {
    if (!(error instanceof StoppedError)) throw error;
  }
  return disk;
}

const isThere = (disk: SimulatedDisk, path: string) => disk.stat(path) !== undefined;
const OLD = `${STORE}.old`;

const SCENES: Readonly<Record<string, () => SimulatedDisk>> = {
  replaceStore: preparedOnce(twoStores),
  "replaceStore-begun": preparedOnce(() => killedSwap((disk) => isThere(disk, OLD) && !isThere(disk, STORE))),
  "replaceStore-moved-in": preparedOnce(() =>
    killedSwap((disk) => isThere(disk, OLD) && isThere(disk, STORE)),
  ),
  "replaceStore-half-removed": preparedOnce(() =>
    killedSwap((disk) => isThere(disk, OLD) && !isThere(disk, `${OLD}/00000001.dwal`)),
  ),
};

type Replace = (options: LongOperationOptions & { fileSystem: FileSystem }) => unknown;

const FORMS: Readonly<Record<string, Replace>> = {
  "": (options) => replaceStore(STORE, REPLACEMENT, options),
  "-sync": (options) => replaceStoreSync(STORE, REPLACEMENT, options),
};

export const swapWorkloads: Workload[] = Object.entries(SCENES).flatMap(([name, prepare]) =>
  Object.entries(FORMS).map(([form, replace]) => ({
    name: `${name}${form}`,
    takesSignal: true,
    prepare,
    start: (fileSystem, disk) => {
      const before = logFiles(disk);
      return {
        operate: (signal) => replace({ fileSystem, signal }),
        close: () => undefined,
        judge: (aftermath) => judgeSwap(aftermath, before),
      };
    },
  })),
);

/** What the disk shows is what the outcome says, a swap that was taken back included; and calling again finishes the swap, wherever it stopped. */
function judgeSwap({ disk, error, ending }: Aftermath, before: Files): void {
  const found = logFiles(disk);
  requireQuarantine(disk);
  const swapped = swappedFiles();
  const code = (error as { code?: string } | undefined)?.code;
  const isLegal =
    sameFiles(found, swapped) ||
    (error !== undefined && (sameFiles(found, before) || sameFiles(found, logFiles(twoStores())))) ||
    (code === "ERR_DATAWAL_SWAP_INCOMPLETE" && (ending === "power-cut" || isInPlace(found, swapped))) ||
    code === "ERR_DATAWAL_SWAP_UNFINISHED";
  if (!isLegal)
    throw new BrokenDemand(
      "a swap is done, or not, or says so",
      `${code ?? "done"}: ${describeFiles(found)}`,
    );
  if (error !== undefined && !sameFiles(found, swapped))
    replaceStoreSync(STORE, REPLACEMENT, { fileSystem: disk });
  if (!sameFiles(logFiles(disk), swapped))
    throw new BrokenDemand("a swap that is called again is finished", describeFiles(logFiles(disk)));
  requireQuarantine(disk);
}

/** What a repair put aside is somewhere, once. */
function requireQuarantine(disk: SimulatedDisk): void {
  const files = filesWhere(treeOf(disk), isQuarantine);
  const contents = Object.values(files).map((content) => Buffer.from(content).toString());
  if (contents.join() !== "put aside")
    throw new BrokenDemand("a swap loses and doubles no quarantine file", describeFiles(files));
}

const isQuarantine = (path: string) => path.includes(".cut-");

/** Whether the replacement stands in the store's place, whatever of the old store is left. */
function isInPlace(found: Files, swapped: Files): boolean {
  return sameFiles(
    filesWhere(found, (path) => path.startsWith(`${STORE}/`)),
    swapped,
  );
}

let swapped: Files | undefined;

/** What a finished swap leaves. */
function swappedFiles(): Files {
  if (!swapped) {
    const disk = twoStores();
    replaceStoreSync(STORE, REPLACEMENT, { fileSystem: disk });
    swapped = logFiles(disk);
  }
  return swapped;
}

/** Neither lock files, which change with each open, nor the mark that a swap leaves, nor what moves while it runs. */
function logFiles(disk: SimulatedDisk): Files {
  return filesWhere(
    treeOf(disk),
    (path) => !/\/\.(lock|replaced-by-[^/]*)$/.test(path) && !isQuarantine(path),
  );
}
