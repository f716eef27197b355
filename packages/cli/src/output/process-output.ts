import type { WriteStream } from "node:tty";
import { Output, OutputClosed } from "./output.js";

/** Columns assumed of a terminal that does not tell. */
const COLUMNS_DEFAULT = 80;

/** An output over `process.stdout` or `process.stderr`: a piece has gone out when the stream has handed it over. */
export function processOutput(stream: WriteStream): Output {
  // A failed write is told by its callback; without a listener the event of the same failure would end the process.
  stream.on("error", () => undefined);
  const sink = (piece: Uint8Array) =>
    new Promise<void>((resolve, reject) => {
      stream.write(piece, (error) => (error ? reject(asClosed(error)) : resolve()));
    });
  return new Output(sink, stream.isTTY ? stream.columns || COLUMNS_DEFAULT : undefined);
}

function asClosed(error: Error): Error {
  const isClosed = "code" in error && (error.code === "EPIPE" || error.code === "ERR_STREAM_DESTROYED");
  return isClosed ? new OutputClosed("nobody reads the output any more", { cause: error }) : error;
}
