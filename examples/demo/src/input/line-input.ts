import { statSync } from "node:fs";
import { Problem } from "../problem.js";
import { type Input, segmentBytesFor } from "./input.js";
import { idOf, type KeyChoice } from "./line-operations.js";
import { linesOf } from "./lines.js";

/**
 * Reads a file of lines through once, to know how many there are and what can be their keys: "id" only if every line
 * has one.
 *
 * @param name What the reader calls the file.
 * @throws Problem: no line, or one that no record can hold
 */
export async function lineInput(path: string, name: string): Promise<Input> {
  let count = 0;
  let everyLineHasId = true;
  for await (const line of linesOf(path)) {
    count++;
    everyLineHasId &&= idOf(line) !== undefined;
  }
  if (count === 0) throw new Problem(`${name} is empty; give a file with at least one line`);
  const keys: KeyChoice = everyLineHasId ? "id" : "line-number";
  return {
    source: { kind: "lines", path, keys },
    operations: count,
    segmentBytesMax: segmentBytesFor(statSync(path).size),
    description: `${count.toLocaleString("en")} ${count === 1 ? "line" : "lines"} of ${name}. Each line is one record. ${KEY_WORDS[keys]}`,
  };
}

const KEY_WORDS: Readonly<Record<KeyChoice, string>> = {
  id: 'Key: the "id" field, which every line has; of lines with the same id the last one counts.',
  "line-number": 'Key: the number of the line, since not every line is a JSON object with an "id".',
};
