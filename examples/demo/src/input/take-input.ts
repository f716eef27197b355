import { createReadStream, createWriteStream, mkdirSync, statSync } from "node:fs";
import { resolve } from "node:path";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { MAX_PAYLOAD_LEN } from "@datawal/format";
import { INPUT_COPY, ROOT } from "../paths.js";
import { counted } from "../story.js";
import { earthquakeLines } from "./earthquakes.js";
import { linesOf } from "./lines.js";
import { idOf, type KeyChoice } from "./operations.js";

/** What the demo is about to do with its input. */
export interface Input {
  keys: KeyChoice;
  /** Operations in it, one a line. */
  operations: number;
  /** At how many bytes the store begins its next segment. */
  segmentBytesMax: number;
  /** What it is, and what becomes key and value, in sentences. */
  description: string;
}

const KEY_WORDS: Readonly<Record<KeyChoice, string>> = {
  id: 'Key: the "id" field, which every line has; of lines with the same id the last one counts.',
  "line-number": 'Key: the number of the line, since not every line is a JSON object with an "id".',
};

/**
 * Copies the input to where both processes read it.
 *
 * @param argument A file, `-` for standard input, or nothing for the earthquakes.
 */
export async function takeInput(argument: string | undefined): Promise<Input> {
  mkdirSync(ROOT, { recursive: true });
  const [name, lines] = sourceOf(argument);
  try {
    await pipeline(lines, createWriteStream(INPUT_COPY));
  } catch (cause) {
    const { message } = cause as Error;
    throw new Error(`${name}: ${message}; give a file of lines, or "-" for standard input`, { cause });
  }
  return await lookThrough(INPUT_COPY, name);
}

function sourceOf(argument: string | undefined): [name: string, lines: Readable] {
  if (argument === undefined) {
    const name = 'earthquakes (one week, USGS): each event first without its "updated" time, then whole';
    return [name, Readable.from(earthquakeLines())];
  }
  if (argument === "-") return ["standard input", process.stdin];
  // npm runs scripts in the package's folder, and says in INIT_CWD where it was called.
  return [argument, createReadStream(resolve(process.env.INIT_CWD ?? "", argument))];
}

/** Counts the lines, and finds what can be their keys: "id" only if every line has one. */
export async function lookThrough(path: string, name: string): Promise<Input> {
  let operations = 0;
  let keys: KeyChoice = "id";
  for await (const line of linesOf(path)) {
    operations++;
    if (line.length > MAX_PAYLOAD_LEN) throw new Error(`line ${operations} of ${name} is longer than 64 MiB`);
    if (keys === "id" && idOf(line) === undefined) keys = "line-number";
  }
  if (operations === 0) throw new Error(`${name} is empty; give a file with at least one line`);
  // A few segments, whatever the size of the input: so that there is something to see.
  const segmentBytesMax = Math.min(64 << 20, Math.max(1 << 20, Math.ceil(statSync(path).size / 4)));
  const lines = counted(operations, "line");
  const description = `${lines} of ${name}. Each line is one record. ${KEY_WORDS[keys]}`;
  return { keys, operations, segmentBytesMax, description };
}
