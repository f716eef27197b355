import { MAX_PAYLOAD_LEN } from "@datawal/format";
import type { Environment } from "../environment.js";
import { Failure, UsageFailure } from "../failure.js";
import { fileChunks, STANDARD_STREAM } from "./file-chunks.js";

/** The three ways to give a value; exactly one is given. */
export interface ValueArguments {
  /** As UTF-8 text, or `-` for standard input. */
  value?: string;
  file?: string;
}

/**
 * Reads the value that a command was given.
 *
 * @returns At most 64 MiB, the most that a store takes.
 * @throws Failure: none or two were given, the file cannot be read, it is too large
 */
export async function readValue(
  { value, file }: ValueArguments,
  { stdin }: Environment,
): Promise<Uint8Array> {
  if ((value === undefined) === (file === undefined)) {
    const found = value === undefined ? "neither" : "both";
    throw new UsageFailure(`expected VALUE, - for standard input, or --file FILE, found ${found}`);
  }
  if (file !== undefined && file !== STANDARD_STREAM) return gather(fileChunks(file).chunks);
  if (file === STANDARD_STREAM || value === STANDARD_STREAM) return gather(stdin());
  return new TextEncoder().encode(value);
}

async function gather(chunks: Iterable<Uint8Array> | AsyncIterable<Uint8Array>): Promise<Uint8Array> {
  const gathered: Uint8Array[] = [];
  let byteCount = 0;
  for await (const chunk of chunks) {
    gathered.push(chunk);
    byteCount += chunk.length;
    if (byteCount > MAX_PAYLOAD_LEN) {
      throw new Failure(`expected a value of at most ${MAX_PAYLOAD_LEN} bytes, found more; cut it in two`);
    }
  }
  return Buffer.concat(gathered, byteCount);
}
