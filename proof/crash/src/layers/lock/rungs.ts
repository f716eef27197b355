import { spawnSync } from "node:child_process";
import { chmodSync, copyFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { bundleProgram, laboratoryRoot } from "../kill/traced-child/bundle-program.js";

/** A means of the lock chain, forced by where the program lies and by what is on PATH. */
export interface Rung {
  program: string;
  PATH: string;
}

export const RUNG_NAMES = ["fs-ext", "flock", "broken fs-ext", "none"] as const;
export type RungName = (typeof RUNG_NAMES)[number];

/** Where open(2) has the flag, and fs-ext cannot be had, it is the means. */
export const HAS_O_EXLOCK = ["darwin", "freebsd", "netbsd", "openbsd"].includes(process.platform);

/** The contender's program, once where fs-ext can be resolved, once where it cannot, once where it does not load. */
export class Rungs implements Disposable {
  /** Where fs-ext can be resolved. */
  readonly #inside: string;
  /** Where it cannot. */
  readonly #outside: string;
  readonly #hasFsExt: boolean;
  readonly #hasFlock: boolean;

  private constructor(inside: string, outside: string) {
    this.#inside = inside;
    this.#outside = outside;
    this.#hasFsExt = loadsFsExt(programIn(inside));
    this.#hasFlock = spawnSync("flock", ["--version"]).status === 0;
  }

  static async create(): Promise<Rungs> {
    const root = laboratoryRoot();
    mkdirSync(join(root, "dist"), { recursive: true });
    const inside = mkdtempSync(join(root, "dist/lock-"));
    const outside = mkdtempSync(join(tmpdir(), "datawal-lock-"));
    // Another user runs it, too.
    for (const directory of [inside, outside]) chmodSync(directory, 0o755);
    await bundleProgram(join(root, "src/layers/lock/contender-main.ts"), programIn(inside));
    copyFileSync(programIn(inside), programIn(outside));
    breakFsExt(join(outside, "broken"), programIn(inside));
    return new Rungs(inside, outside);
  }

  /** @throws where {@link missing} names a reason. */
  rung(name: RungName): Rung {
    const reason = this.missing(name);
    if (reason !== undefined) throw new Error(reason);
    const { PATH = "" } = process.env;
    const nowhere = join(this.#outside, "no-programs");
    switch (name) {
      case "fs-ext":
        return { program: programIn(this.#inside), PATH };
      case "flock":
        return { program: programIn(this.#outside), PATH };
      case "broken fs-ext":
        return { program: programIn(join(this.#outside, "broken")), PATH };
      case "none":
        return { program: programIn(this.#outside), PATH: nowhere };
    }
  }

  /** Why a rung cannot be had here, or nothing. */
  missing(name: RungName): string | undefined {
    if (name === "fs-ext") return this.#hasFsExt ? undefined : "fs-ext is not built here";
    if (name === "none") return undefined;
    if (HAS_O_EXLOCK) return "O_EXLOCK comes before the program flock";
    return this.#hasFlock ? undefined : "there is no program flock";
  }

  [Symbol.dispose](): void {
    for (const directory of [this.#inside, this.#outside])
      rmSync(directory, { recursive: true, force: true });
  }
}

function programIn(directory: string): string {
  return join(directory, "contender.cjs");
}

function loadsFsExt(program: string): boolean {
  try {
    createRequire(program)("fs-ext");
    return true;
  } catch {
    return false;
  }
}

/** As where an install script was blocked: the package is there, its native part is not. */
function breakFsExt(directory: string, program: string): void {
  const broken = join(directory, "node_modules/fs-ext");
  mkdirSync(broken, { recursive: true });
  writeFileSync(join(broken, "package.json"), '{ "main": "index.js" }');
  writeFileSync(join(broken, "index.js"), 'throw new Error("never built");');
  copyFileSync(program, programIn(directory));
}
