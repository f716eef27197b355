import { mkdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import type { Tool } from "../power-cut/machine/tool.js";
import type { FullDisk } from "./full-disk.js";

/** A directory in which no file of this process can grow beyond a limit. */
export class LimitedDisk implements FullDisk {
  readonly directory: string;
  readonly name = "EFBIG";
  // A note that was written in part is told as ENOSPC: the limit lies within its 80 bytes.
  readonly errnos = ["EFBIG", "ENOSPC"];
  readonly refusals = ["ERR_DATAWAL_NO_SPACE", "ERR_DATAWAL_STORE_IO"];
  readonly #limits: Tool;
  readonly #bytesMax: number;

  constructor(parent: string, limits: Tool, bytesMax: number) {
    this.directory = join(parent, "limited");
    rmSync(this.directory, { recursive: true, force: true });
    mkdirSync(this.directory);
    this.#limits = limits;
    this.#bytesMax = bytesMax;
  }

  async fill(): Promise<void> {
    await this.#limits.ask("limit", { pid: process.pid, byteCount: this.#bytesMax });
  }

  async makeRoom(): Promise<void> {
    await this.#limits.ask("limit", { pid: process.pid, byteCount: null });
  }
}
