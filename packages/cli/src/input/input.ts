import type { Environment } from "../environment.js";
import { fileChunks, STANDARD_STREAM } from "./file-chunks.js";

/** Bytes that a command was told to read. */
export interface Input {
  /** For messages. */
  name: string;
  chunks: Iterable<Uint8Array> | AsyncIterable<Uint8Array>;
  /** For the operation that reads them. */
  watch: Environment["watch"];
}

/** @param file A path, or `-` for standard input, whose size nobody knows. @throws Failure: it cannot be read */
export function openInput(file: string, { stdin, watch }: Environment): Input {
  if (file === STANDARD_STREAM)
    return { name: "standard input", chunks: stdin(), watch: { ...watch, onProgress: NOTHING } };
  const { bytesTotal, chunks } = fileChunks(file);
  const onProgress: OnProgress = ({ bytesDone }) => watch.onProgress({ bytesDone, bytesTotal });
  return { name: file, chunks, watch: { ...watch, onProgress } };
}

type OnProgress = Environment["watch"]["onProgress"];

const NOTHING: OnProgress = () => undefined;
