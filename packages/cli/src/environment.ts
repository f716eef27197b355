import type { LongOperationOptions, Progress } from "@datawal/safeatomic";
import type { Paint } from "./output/color.js";
import type { Output } from "./output/output.js";

/** All that a command may touch besides the store: results go to `stdout`, what is said about them to `stderr`. */
export interface Environment {
  stdout: Output;
  /** With `--quiet` nobody sees it; errors are thrown, and are always told. */
  stderr: Output;
  /** Opens standard input, for a command that was told to read it. */
  stdin: () => AsyncIterable<Uint8Array>;
  /** Colors what goes to `stdout`. */
  paint: Paint;
  /** For whatever takes long: it is drawn how far it is, and the user may interrupt it. */
  watch: { signal: AbortSignal; onProgress: (progress: Progress) => unknown };
}

/** For a command that prints as it reads: reading waits for the output, which in a terminal shows progress enough. */
export function watchPrinting({ stdout, watch }: Environment): LongOperationOptions {
  return {
    ...watch,
    onProgress: async (progress) => {
      if (!stdout.isTerminal) await watch.onProgress(progress);
      await stdout.drain();
    },
  };
}
