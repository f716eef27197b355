import { mkdirSync, mkdtempSync, rmSync, statfsSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** statfs(2): TMPFS_MAGIC. */
const TMPFS = 0x01021994;

/** A directory in memory where there is one: syncs cost nothing there, and these tests lose no power. */
export function makeScratch(): Scratch {
  const parent = [tmpdir(), "/dev/shm"].find(isTmpfs) ?? tmpdir();
  return new Scratch(mkdtempSync(join(parent, "datawal-interop-")));
}

/** A directory that hands out directories, and is removed with all of them. */
export class Scratch implements Disposable {
  readonly path: string;
  #made = 0;

  constructor(path: string) {
    this.path = path;
  }

  /** A new empty directory. */
  directory(): string {
    const path = this.newPath();
    mkdirSync(path);
    return path;
  }

  /** A path at which nothing is. */
  newPath(): string {
    return join(this.path, String(++this.#made));
  }

  /** A scratch inside of this one. */
  inner(): Scratch {
    return new Scratch(this.directory());
  }

  [Symbol.dispose](): void {
    rmSync(this.path, { recursive: true, force: true });
  }
}

function isTmpfs(path: string): boolean {
  try {
    return statfsSync(path).type === TMPFS;
  } catch {
    return false;
  }
}
