import { isRecordLogError } from "@datawal/record-log";
import { createSimulatedDisk, type SimulatedDisk } from "@datawal/safeatomic/testing";
import type { Crash } from "../arbitraries/operation.js";
import { seededRandom } from "../engine/seeded-random.js";

/** So many of the states that a power cut may leave are made, the extremes among them, and one is taken. */
const IMAGES_MAX = 24;

/** A simulated disk of one computer, whose power can be cut. */
export class SimulatedPower {
  #disk = createSimulatedDisk();

  /** As the process that runs now sees it. */
  get disk(): SimulatedDisk {
    return this.#disk;
  }

  crash({ how, choice }: Pick<Crash, "how" | "choice">): void {
    const before = this.#disk;
    if (how === "power cut") {
      const images = [...before.crashImages({ limit: IMAGES_MAX, random: seededRandom(choice) })];
      this.#disk = images[choice % images.length]!.mount();
    }
    before.killProcess();
  }
}

/**
 * Opens; where a power cut has left a first segment that begins with bytes of nobody, and so is refused, does what the
 * refusal says: nothing in it was acknowledged.
 */
export async function openAfterCrash<T>(
  { disk }: SimulatedPower,
  open: (disk: SimulatedDisk) => Promise<T>,
): Promise<T> {
  try {
    return await open(disk);
  } catch (error) {
    if (!isRecordLogError(error, "ERR_DATAWAL_NOT_A_SEGMENT")) throw error;
    disk.rename(error.path, `/not-a-segment-${disk.uniqueSuffix()}`);
    return await open(disk);
  }
}
