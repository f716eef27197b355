import { createSimulatedDisk } from "@datawal/safeatomic/testing";
import { DataWal } from "datawal";
import type { FuzzTarget } from "../engine/target.js";

const text = (line: string) => new TextEncoder().encode(line);
const LINE = '{"key_b64":"YQ==","value_b64":"dmFsdWU="}\n';
/** A store takes in this many inputs, then another one is made: memory holds its disk. */
const INPUTS_A_STORE = 2_000;

/**
 * Bytes as a file of lines, cut into chunks: as many pairs are imported, and as many lines skipped, as a plain reading of
 * the lines says, and each key has its last value.
 */
export function importJsonl(): FuzzTarget {
  let inputs = 0;
  let store: DataWal | undefined;
  return {
    name: "import_jsonl",
    seeds: [
      LINE,
      LINE + LINE.replace("YQ==", ""),
      LINE.replace("YQ==", "YR=="),
      LINE.replace(":", " :\t"),
      `\ufeff${LINE}`,
      LINE.replaceAll("_b64", ""),
      `${LINE.slice(0, -1)}\r\n\n[]\nnull\n`,
      '{"key_b64":"YQ==","value_b64":"","more":1}',
    ].map(text),
    words: [
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
    ].map(text),
    bytesMax: 400,
    run: (input) => {
      if (inputs++ % INPUTS_A_STORE === 0) {
        store?.closeSync();
        store = DataWal.openSync("/store", { fileSystem: createSimulatedDisk(), segmentBytesMax: 65_536 });
      }
      const expected = plainReading(input);
      const chunkLen = 1 + (input.length % 37);
      const chunks = Array.from({ length: Math.ceil(input.length / chunkLen) }, (_, index) =>
        input.subarray(index * chunkLen, (index + 1) * chunkLen),
      );
      const { recordsImported, linesSkipped } = store!.importJsonlSync(chunks, {
        onBadLine: () => undefined,
      });
      if (recordsImported !== expected.imported || linesSkipped !== expected.skipped)
        throw new Error(
          `${recordsImported} imported and ${linesSkipped} skipped, expected ${expected.imported} and ${expected.skipped}`,
        );
      for (const [key, value] of expected.pairs)
        if (Buffer.from(store!.get(Buffer.from(key, "base64")) ?? "none").toString("base64") !== value)
          throw new Error("a key has another value than its last line");
      if (expected.imported === 0) return expected.skipped === 0 ? "nothing" : "skipped";
      return expected.skipped === 0 ? "imported" : "both";
    },
  };
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
