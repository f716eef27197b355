import { readdirSync, rmSync, statfsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { mount } from "../power-cut/machine/scratch.js";
import type { FullDisk } from "./full-disk.js";

export const PAGE_BYTES = 4096;

/** A small tmpfs. It gives room by pages and names by inodes, both of which can be used up. */
export class SmallDisk implements FullDisk {
  readonly directory: string;
  readonly name = "ENOSPC";
  readonly errnos = ["ENOSPC"];
  // Disk-rules R4 without the space it names; nothing else is forgiven.
  readonly refusals = ["ERR_DATAWAL_NO_SPACE"];
  readonly #left: { pages: number; names: number };

  /** @param left What `fill` leaves free. */
  constructor(mountPoint: string, left: { pages: number; names: number }) {
    this.directory = mountPoint;
    this.#left = left;
    for (const name of readdirSync(mountPoint)) rmSync(join(mountPoint, name), { recursive: true });
  }

  async fill(): Promise<void> {
    const { bfree, bsize, ffree } = statfsSync(this.directory);
    const pages = (bfree * bsize) / PAGE_BYTES - this.#left.pages;
    const names = ffree - this.#left.names;
    writeFileSync(this.#filler(0), new Uint8Array(pages * PAGE_BYTES));
    for (let index = 1; index < names; index++) writeFileSync(this.#filler(index), "");
  }

  async makeRoom(): Promise<void> {
    for (const name of readdirSync(this.directory))
      if (name.startsWith(FILLER)) rmSync(join(this.directory, name));
  }

  #filler(index: number): string {
    return join(this.directory, `${FILLER}${index}`);
  }
}

const FILLER = "filler-";

/** Room for a store and its repair. */
export function mountSmallDisk(mountPoint: string): void {
  mount("tmpfs", `size=${32 * PAGE_BYTES},nr_inodes=24`, "datawal-disks", mountPoint);
}
