import type { FileSystem } from "../file-system.js";
import { knownOptions, type OptionNames } from "../known-options.js";
import type { RandomSource } from "./crash-images.js";
import { type PortCall, type PortOperation, withFaults } from "./faults.js";
import { type CrashImage, createSimulatedDisk, type SimulatedDisk } from "./simulated-disk.js";
import { tellPowerCut } from "./story.js";

export interface CrashEverywhereOptions {
  /** The code under test: all it does to a disk it does through the file system given. */
  work: (fileSystem: FileSystem) => void | Promise<void>;
  /**
   * Called with the disk as the next boot finds it, for every state that a power cut may leave, in the moment of that cut:
   * what `work` has told the outside until then is what may be demanded. Throws where the demand is not met.
   */
  check: (afterCrash: SimulatedDisk) => void;
  /** The disk that `work` begins with; an empty one when absent. */
  disk?: SimulatedDisk | undefined;
  /** At most so many states of each moment; 500 when absent. */
  imagesPerMoment?: number | undefined;
  /** Decides which, where there are more; the same in every run when absent. */
  random?: RandomSource | undefined;
}

const OPTIONS: OptionNames<CrashEverywhereOptions> = {
  work: true,
  check: true,
  disk: true,
  imagesPerMoment: true,
  random: true,
};

export interface CrashEverywhereResult {
  /** States that `check` was called with. */
  cases: number;
  /** How many of them were not alike. */
  distinct: number;
}

/** A state that a power cut may leave and that `check` refused. The message tells the whole story. */
export class CrashFailure extends Error {
  override readonly name = "CrashFailure";
  /** The calls of the port until the cut. */
  readonly calls: readonly PortCall[];

  constructor(message: string, calls: readonly PortCall[], cause: unknown) {
    super(message, { cause });
    this.calls = calls;
  }
}

/**
 * Runs code on a simulated disk, and cuts the power in every moment: before each call that changes something, and at the
 * end. The earliest failing moment is told.
 *
 * @throws CrashFailure with the calls, the cut, what survived, and what `check` threw as its cause
 */
export async function crashEverywhere(options: CrashEverywhereOptions): Promise<CrashEverywhereResult> {
  const {
    work,
    check,
    disk = createSimulatedDisk(),
    imagesPerMoment = 500,
    random = () => 0.5,
  } = knownOptions(options, OPTIONS);
  const calls: PortCall[] = [];
  const hashes = new Set<number>();
  const result: CrashEverywhereResult = { cases: 0, distinct: 0 };
  const cut = (next: PortCall | undefined): void => {
    for (const image of disk.crashImages({ limit: imagesPerMoment, random })) {
      result.cases++;
      hashes.add(image.hash);
      checkImage(image, check, calls, next);
    }
  };
  const fileSystem = withFaults(disk, (call) => {
    if (changesDisk(call)) cut(call);
    calls.push(call);
  });
  await work(fileSystem);
  cut(undefined);
  return { ...result, distinct: hashes.size };
}

function checkImage(
  image: CrashImage,
  check: (afterCrash: SimulatedDisk) => void,
  calls: readonly PortCall[],
  next: PortCall | undefined,
): void {
  try {
    check(image.mount());
  } catch (cause) {
    const story = tellPowerCut({ calls, next, image });
    const message = `a power cut may leave a state that is refused:\n${story}\n  then: ${String(cause)}`;
    throw new CrashFailure(message, [...calls], cause);
  }
}

/** Whether a power cut behind this call may leave something else than one before it. */
export function changesDisk({ operation }: PortCall): boolean {
  return CHANGING.has(operation);
}

const CHANGING: ReadonlySet<PortOperation> = new Set<PortOperation>([
  "open",
  "makeDirectory",
  "rename",
  "link",
  "removeFile",
  "removeDirectory",
  "fsyncDirectory",
  "fsyncDirectorySync",
  "lock",
  "file.append",
  "file.appendParts",
  "file.truncate",
  "file.fsync",
  "file.fsyncSync",
  "lock.writeNote",
]);
