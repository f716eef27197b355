import type { WriteStream } from "node:tty";
import { Output, OutputClosed } from "./output.js";

/** Columns assumed of a terminal that does not tell. */
const COLUMNS_DEFAULT = 80;

/**
 * An output over `process.stdout` or `process.stderr`: a piece has gone out when the stream has handed it over.
 *
 * @param signal Ends the wait for a reader that takes nothing, with its reason.
 */
export function processOutput(stream: WriteStream, signal: AbortSignal): Output {
  // A failed write is told by its callback; without a listener the event of the same failure would end the process.
  stream.on("error", () => undefined);
  const sink = (piece: Uint8Array) =>
    new Promise<void>((resolve, reject) => {
      const giveUp = () => reject(signal.reason);
      signal.addEventListener("abort", giveUp, { once: true });
      stream.write(piece, (error) => {
        signal.removeEventListener("abort", giveUp);
        if (error) reject(asClosed(error));
        else resolve();
      });
    });
  return new Output(sink, stream.isTTY ? stream.columns || COLUMNS_DEFAULT : undefined);
}

function asClosed(error: Error): Error {
  const isClosed = "code" in error && (error.code === "EPIPE" || error.code === "ERR_STREAM_DESTROYED");
  return isClosed ? new OutputClosed("nobody reads the output any more", { cause: error }) : error;
}
