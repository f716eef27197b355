import { createReadStream, createWriteStream, type Stats, statSync } from "node:fs";
import { dirname, resolve, sep } from "node:path";
import type { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { Problem } from "../problem.js";
import { earthquakeInput } from "./earthquakes.js";
import type { Input } from "./input.js";
import { lineInput } from "./line-input.js";

/**
 * Makes the demo's input of its argument: none for the earthquakes, `-` for standard input, else a file.
 *
 * @param spoolPath Where bytes are put that can be read only once, since the demo reads its input several times.
 * @throws Problem: nothing there, or nothing that can be read
 */
export async function chooseInput(argument: string | undefined, spoolPath: string): Promise<Input> {
  if (argument === undefined) return earthquakeInput();
  if (argument === "-") return spooledInput(process.stdin, spoolPath, "standard input");
  const { INIT_CWD = "." } = process.env;
  // npm runs scripts in the package's folder, and says in INIT_CWD where it was called.
  const path = resolve(INIT_CWD, argument);
  requireOutside(dirname(resolve(spoolPath)), path, argument);
  const stat = statOf(path);
  if (stat.isDirectory()) throw new Problem(`${argument} is a directory; give a file of lines`);
  return stat.isFile()
    ? lineInput(path, argument)
    : spooledInput(createReadStream(path), spoolPath, argument);
}

/** The demo's own directory is emptied before the input is read for the second time. */
function requireOutside(directory: string, path: string, argument: string): void {
  if (!path.startsWith(directory + sep)) return;
  throw new Problem(`${argument} lies where the demo puts its results; copy it elsewhere first`);
}

function statOf(path: string): Stats {
  const stat = statSync(path, { throwIfNoEntry: false });
  if (!stat) throw new Problem(`${path} does not exist; give a file of lines, or "-" for standard input`);
  return stat;
}

async function spooledInput(stream: Readable, spoolPath: string, name: string): Promise<Input> {
  await pipeline(stream, createWriteStream(spoolPath));
  return lineInput(spoolPath, name);
}
