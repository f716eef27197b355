import type { FileSystem } from "@datawal/safeatomic";
import { type Reading, showTree } from "../readings.js";

/** What a reading has shown, or what it failed with. */
export interface RealAnswer {
  shown?: string;
  code?: string;
  message?: string;
  /** What a command had printed by the time it failed, where it prints as it reads. */
  printed?: string;
  /** Whether a command that failed has left the file that it was to write. */
  isWritten?: boolean;
}

/** Makes a reading on a real disk, from its opening on. */
export function answerNow(reading: Reading, directory: string, disk: FileSystem): RealAnswer {
  try {
    const session = reading.start(directory, disk);
    try {
      const shown = session.operate();
      return { shown: `${shown}\n${showTree(disk)}` };
    } finally {
      session.close?.();
    }
  } catch (error) {
    const code = error instanceof Error && "code" in error ? String(error.code) : "none";
    return { code, message: error instanceof Error ? (error.stack ?? error.message) : String(error) };
  }
}
