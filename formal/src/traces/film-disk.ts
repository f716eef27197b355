import { basename, join } from "node:path";
import type { FileSystem, OpenFile } from "@datawal/safeatomic";
import { type FilmedFile, type Scene, SEGMENTS, STORE, segmentOf } from "./film.js";

/** What a reader does, told before it is answered: the film may go on meanwhile. */
export interface Watch {
  /** The names are about to be looked at; behind each the film may go on. */
  looks(): void;
  looked(segment: number, isThere: boolean): void;
  listed(): void;
  looksAtDirectory(): void;
  readsMarker(): void;
  /** @returns Whether it is to be told when that has been read. */
  opens(segment: number): boolean;
  missed(segment: number): void;
  hasRead(segment: number): void;
}

/** A film of a store as a disk that can only be read. */
export class FilmDisk {
  readonly #scene: () => Scene;
  readonly #watch: Watch;
  readonly #random: () => number;
  /** The path that was opened by the last call: who goes on to another keeps the file, and has not read it. */
  #opened = "";

  constructor(scene: () => Scene, watch: Watch, random: () => number) {
    this.#scene = scene;
    this.#watch = watch;
    this.#random = random;
  }

  /** A reader that changes anything ends here (disk-rules R11). */
  port(): FileSystem {
    const refuse = (): never => {
      throw systemError("EROFS", "a reader changes nothing");
    };
    return {
      open: (path, mode) => (mode === "read" ? this.#open(path) : refuse()),
      stat: (path) => this.#stat(path),
      list: (path) => this.#list(path),
      realPath: (path) => path,
      lockState: () => ({ state: "free", owner: "" }),
      ...{ makeDirectory: refuse, rename: refuse, link: refuse, removeFile: refuse, removeDirectory: refuse },
      ...{ fsyncDirectory: refuse, fsyncDirectorySync: refuse, lock: refuse, uniqueSuffix: refuse },
    };
  }

  #stat(path: string) {
    this.#opened = "";
    if (path === STORE) {
      this.#watch.looksAtDirectory();
      return { kind: "directory", size: 0, mode: 0o755, identity: this.#scene().identity } as const;
    }
    if (basename(path) === "removed-segments") this.#watch.readsMarker();
    const found = this.#find(path);
    return found && statOf(found);
  }

  #list(path: string) {
    if (path !== STORE) throw systemError("ENOENT", `${path} does not exist`);
    this.#watch.looks();
    const { identity } = this.#scene();
    const names = [...this.#scene().files.keys()].filter((name) => segmentOf(name) === 0);
    const left = Array.from({ length: SEGMENTS }, (_, index) => index + 1);
    while (left.length > 0) {
      const [segment] = left.splice(Math.floor(this.#random() * left.length), 1);
      const name = `${String(segment).padStart(8, "0")}.dwal`;
      // What was listed is the directory that was opened, whatever stands in its place.
      const isThere = this.#scene().identity === identity && this.#find(join(STORE, name)) !== undefined;
      this.#watch.looked(segment!, isThere);
      if (isThere) names.push(name);
    }
    this.#watch.listed();
    return names.map((name) => ({ name, kind: "file" as const }));
  }

  #open(path: string): OpenFile {
    const segment = segmentOf(path);
    const isTold = segment > 0 && this.#watch.opens(segment);
    this.#opened = isTold ? path : "";
    let file = this.#find(path);
    if (!file) {
      if (isTold) this.#watch.missed(segment);
      throw systemError("ENOENT", `${path} does not exist`);
    }
    const refuse = (): never => {
      throw systemError("EBADF", "open for reading only");
    };
    // Removed, it stays what it was.
    const now = () => {
      const found = this.#find(path);
      if (found?.identity === file!.identity) file = found;
      return file!;
    };
    return {
      readAt(target, targetOffset, byteCount, fileOffset) {
        const found = now().bytes.subarray(fileOffset, fileOffset + byteCount);
        target.set(found, targetOffset);
        return found.length;
      },
      stat: () => statOf(now()),
      close: () => {
        if (this.#opened === path) this.#watch.hasRead(segment);
        this.#opened = "";
      },
      ...{ append: refuse, appendParts: refuse, truncate: refuse, fsync: refuse, fsyncSync: refuse },
    };
  }

  #find(path: string): FilmedFile | undefined {
    return path === join(STORE, basename(path)) ? this.#scene().files.get(basename(path)) : undefined;
  }
}

function statOf({ bytes, identity }: FilmedFile) {
  return { kind: "file", size: bytes.length, mode: 0o644, identity, links: 1 } as const;
}

function systemError(code: string, what: string): Error {
  return Object.assign(new Error(`${code}: ${what}`), { code });
}
