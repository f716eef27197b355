import { join } from "node:path";
import type { Crc32c } from "@datawal/format";
import type { FileSystem } from "@datawal/safeatomic";
import { segmentName } from "./store-names.js";

/** A store's directory on a disk, and how its frames are summed: what everything is given that touches its files. */
export class Store {
  readonly fileSystem: FileSystem;
  /** Absolute, links resolved. */
  readonly directory: string;
  readonly crc: Crc32c;

  constructor({ fileSystem, crc }: Pick<Store, "fileSystem" | "crc">, directory: string) {
    this.fileSystem = fileSystem;
    this.directory = directory;
    this.crc = crc;
  }

  /** Of a segment's file. */
  path(segment: number): string {
    return this.file(segmentName(segment));
  }

  /** The path of a name in the directory. */
  file(name: string): string {
    return join(this.directory, name);
  }
}
