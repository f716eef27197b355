import type { DataWalReader } from "datawal";
import type { Environment } from "../environment.js";
import { encodeBytes } from "../render/bytes.js";
import { valueAsOpened } from "./value-as-opened.js";

/** Prints what `exportJsonl` writes to a file, to the byte; every key is held in memory, and one value. */
export async function exportLines(reader: DataWalReader, { stdout, watch }: Environment): Promise<void> {
  for (const key of [...reader.keys()].sort(Buffer.compare)) {
    const value = valueAsOpened(reader, key);
    const pair = { key_b64: encodeBytes(key, "base64"), value_b64: encodeBytes(value, "base64") };
    stdout.write(`${JSON.stringify(pair)}\n`);
    watch.signal.throwIfAborted();
    await stdout.drain();
  }
}
