import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { renameSync } from "node:fs";
import { join } from "node:path";
import { build } from "esbuild";
import { type Patch, patching } from "../../../laboratory/bundle.js";
import { CRASH_PACKAGE } from "./crash-package.js";

/** A program of the laboratory that runs in processes of its own. */
export interface ChildProgram {
  path: string;
}

/**
 * Bundles a program from its source, the product's included, so that a child starts quickly.
 *
 * @param source From the laboratory's src.
 * @param patches What is wrong in its product.
 */
export async function bundleProgram(
  source: string,
  name: string,
  patches: readonly Patch[] = [],
): Promise<ChildProgram> {
  const path = join(CRASH_PACKAGE, "dist", `${name}.mjs`);
  // Renamed at once: another process may be at it.
  const temporaryPath = `${path}.${process.pid}`;
  await build({
    entryPoints: [join(CRASH_PACKAGE, "src", source)],
    outfile: temporaryPath,
    bundle: true,
    platform: "node",
    format: "esm",
    target: "node20",
    conditions: ["@datawal/source"],
    logLevel: "warning",
    plugins: [patching(patches)],
  });
  renameSync(temporaryPath, path);
  return { path };
}

/** A running child; it is told what to do by one argument, as JSON, and ends when whoever started it has gone. */
export class Child {
  readonly process: ChildProcess;
  readonly #ended: Promise<unknown>;
  #errors = "";

  constructor(program: ChildProgram, order: unknown) {
    this.process = spawn(process.execPath, [program.path, JSON.stringify(order)], {
      stdio: ["pipe", "ignore", "pipe"],
    });
    this.#ended = once(this.process, "close");
    this.process.stderr!.on("data", (chunk: Buffer) => {
      this.#errors += chunk;
    });
  }

  /** What it wrote to standard error. */
  get errors(): string {
    return this.#errors;
  }

  async kill(): Promise<void> {
    this.process.kill("SIGKILL");
    await this.#ended;
  }
}
