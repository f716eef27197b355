import type { FileSystem } from "@datawal/safeatomic";
import { createSimulatedDisk } from "@datawal/safeatomic/testing";
import { DataWal } from "datawal";
import type { FuzzTarget } from "../engine/target.js";
import type { FuzzedStore } from "./roundtrip.js";

/** A store that is open and takes in lines, and all that this asks of it. */
export interface FuzzedImporter extends Pick<FuzzedStore, "get" | "closeSync"> {
  importJsonlSync(
    chunks: Iterable<Uint8Array>,
    options: { onBadLine: () => undefined },
  ): { recordsImported: number; linesSkipped: number };
}

const text = (line: string) => new TextEncoder().encode(line);
const LINE = '{"key_b64":"YQ==","value_b64":"dmFsdWU="}\n';
/** A store takes in this many inputs, then another one is made: memory holds its disk. */
const INPUTS_A_STORE = 2_000;

const SEEDS = [
  LINE,
  LINE + LINE.replace("YQ==", ""),
  LINE.replace("YQ==", "YR=="),
  LINE.replace(":", " :\t"),
  `\ufeff${LINE}`,
  LINE.replaceAll("_b64", ""),
  `${LINE.slice(0, -1)}\r\n\n[]\nnull\n`,
  '{"key_b64":"YQ==","value_b64":"","more":1}',
].map(text);
const WORDS = [
  '{"key_b64":"',
  '","value_b64":"',
  '"}\n',
  "YQ==",
  "\\u0041",
  "\r\n",
  "[1,2]",
  '"',
  "=",
  "\ufeff",
];

/**
 * Bytes as a file of lines, cut into chunks: as many pairs are imported, and as many lines skipped, as a plain reading of
 * the lines says, and each key has its last value.
 */
export function importJsonl(open: (fileSystem: FileSystem) => FuzzedImporter = openDataWal): FuzzTarget {
  let inputs = 0;
  let store: FuzzedImporter | undefined;
  const nextStore = (): FuzzedImporter => {
    if (store && inputs++ % INPUTS_A_STORE > 0) return store;
    store?.closeSync();
    store = open(createSimulatedDisk());
    return store;
  };
  return {
    name: "import_jsonl",
    seeds: SEEDS,
    words: WORDS.map(text),
    bytesMax: 400,
    run: (input) => importOf(nextStore(), input),
  };
}

function openDataWal(fileSystem: FileSystem): FuzzedImporter {
  return DataWal.openSync("/store", { fileSystem, segmentBytesMax: 65_536 });
}

function importOf(store: FuzzedImporter, input: Uint8Array): string {
  const { imported, skipped, pairs } = plainReading(input);
  const onBadLine = () => undefined;
  const { recordsImported, linesSkipped } = store.importJsonlSync(chunksOf(input), { onBadLine });
  if (recordsImported !== imported || linesSkipped !== skipped)
    throw new Error(
      `${recordsImported} imported, ${linesSkipped} skipped, expected ${imported} and ${skipped}`,
    );
  for (const [key, value] of pairs)
    if (Buffer.from(store.get(Buffer.from(key, "base64")) ?? "none").toString("base64") !== value)
      throw new Error("a key has another value than its last line");
  if (imported === 0) return skipped === 0 ? "nothing" : "skipped";
  return skipped === 0 ? "imported" : "both";
}

function chunksOf(input: Uint8Array): Uint8Array[] {
  const chunkLen = 1 + (input.length % 37);
  return Array.from({ length: Math.ceil(input.length / chunkLen) }, (_, index) =>
    input.subarray(index * chunkLen, (index + 1) * chunkLen),
  );
}

function plainReading(input: Uint8Array) {
  const pairs = new Map<string, string>();
  let [imported, skipped] = [0, 0];
  for (const line of Buffer.from(input).toString("latin1").split("\n")) {
    if (line.trim() === "") continue;
    const pair = pairIn(line);
    if (pair) {
      pairs.set(...pair);
      imported++;
    } else skipped++;
  }
  return { pairs, imported, skipped };
}

function pairIn(line: string): [key: string, value: string] | undefined {
  try {
    const parsed = JSON.parse(line);
    const isPair = Object.keys(parsed).sort().join() === "key_b64,value_b64" && !Array.isArray(parsed);
    const { key_b64: key, value_b64: value } = parsed;
    return isPair && isBase64(key) && isBase64(value) ? [key, value] : undefined;
  } catch {
    // No JSON, or that of nothing that has members: no pair.
    return undefined;
  }
}

function isBase64(text: unknown): text is string {
  return typeof text === "string" && Buffer.from(text, "base64").toString("base64") === text;
}
