import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { buildSync } from "esbuild";

const PACKAGES = join(import.meta.dirname, "../../..");

/**
 * A directory of its own on the real disk, in which a child process on any Node can import the sources of this package
 * and of those below it, and nothing else that is optional.
 */
export interface Workshop {
  directory: string;
  /** Starts a module that may import `@datawal/record-log`. */
  start(script: string, options?: { fileBlocksMax?: number }): Child;
  remove(): void;
}

export interface Child {
  process: ChildProcess;
  /** The next line it prints; fails when it ends before. */
  nextLine(): Promise<string>;
  /** All further lines, until it ends. */
  rest(): Promise<string[]>;
  kill(): Promise<void>;
}

export function createWorkshop(): Workshop {
  const directory = mkdtempSync(join(tmpdir(), "datawal-"));
  for (const name of ["format", "safeatomic", "record-log"]) compile(name, directory);
  link(join(PACKAGES, "format/node_modules/crc-32"), join(directory, "node_modules/crc-32"));
  link(join(PACKAGES, "../node_modules/fs-ext"), join(directory, "node_modules/fs-ext"));
  let childCount = 0;
  return {
    directory,
    start: (script, { fileBlocksMax } = {}) => {
      const path = join(directory, `child-${++childCount}.mjs`);
      writeFileSync(path, script);
      const limit = fileBlocksMax === undefined ? "" : `ulimit -f ${fileBlocksMax}; `;
      return follow(
        spawn("sh", ["-c", `${limit}exec "$0" "$1"`, process.execPath, path], { cwd: directory }),
      );
    },
    remove: () => rmSync(directory, { recursive: true }),
  };
}

function follow(child: ChildProcess): Child {
  const lines = createInterface({ input: child.stdout! })[Symbol.asyncIterator]();
  let errors = "";
  child.stderr!.on("data", (chunk: Buffer) => {
    errors += chunk;
  });
  const nextLine = async () => {
    const { done, value } = await lines.next();
    if (done) throw new Error(`the child ended: ${errors}`);
    return value;
  };
  const rest = async () => {
    const all: string[] = [];
    for await (const line of { [Symbol.asyncIterator]: () => lines }) all.push(line);
    return all;
  };
  const kill = async () => {
    child.kill("SIGKILL");
    if (child.exitCode === null && child.signalCode === null) await once(child, "exit");
  };
  return { process: child, nextLine, rest, kill };
}

/** Puts the sources of a package, as JavaScript, where they are found by its name. */
function compile(name: string, directory: string): void {
  const target = join(directory, "node_modules/@datawal", name);
  const entries = ["index", "internal"].map((entry) => join(PACKAGES, name, `src/${entry}.ts`));
  buildSync({
    entryPoints: entries,
    outdir: target,
    bundle: true,
    splitting: true,
    packages: "external",
    format: "esm",
    target: "es2022",
  });
  const exports = { ".": "./index.js", "./internal": "./internal.js" };
  writeFileSync(join(target, "package.json"), JSON.stringify({ type: "module", exports }));
}

function link(target: string, path: string): void {
  if (existsSync(target)) symlinkSync(target, path);
}
