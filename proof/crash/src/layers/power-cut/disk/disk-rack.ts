import { execFileSync } from "node:child_process";
import { existsSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Scratch } from "../machine/scratch.js";
import { Tool } from "../machine/tool.js";
import { CachedDisk } from "./cached-disk.js";
import { type FileSystemCase, MAKE_FILE_SYSTEM } from "./file-systems.js";
import { LoopDisk } from "./loop-disk.js";
import type { DiskParts, PoweredDisk } from "./powered-disk.js";

/** Memory for the largest image, its copy and what is written to them. */
const SCRATCH_BYTES_MAX = 1024 * 1024 * 1024;

/** Gives fresh disks, one at a time, and takes all away when it is closed. */
export class DiskRack {
  readonly scratch = new Scratch(SCRATCH_BYTES_MAX);
  readonly #powerSwitch = new Tool("power_switch.py");

  /** A disk with a fresh file system, mounted. */
  async freshDisk(fileSystem: FileSystemCase): Promise<PoweredDisk> {
    const parts = await this.#parts(fileSystem);
    const disk = fileSystem.means.kind === "cache" ? await CachedDisk.start(parts) : new LoopDisk(parts);
    disk.mount();
    return disk;
  }

  /** An image of a fresh file system, in a file of that name. */
  async freshImage(fileSystem: Pick<FileSystemCase, "type" | "imageBytes">, name: string): Promise<string> {
    const image = join(this.scratch.directory, name);
    await this.#powerSwitch.ask("copy", { source: this.#template(fileSystem), target: image });
    return image;
  }

  async freshCachedDisk(fileSystem: FileSystemCase): Promise<CachedDisk> {
    const disk = await CachedDisk.start(await this.#parts(fileSystem));
    disk.mount();
    return disk;
  }

  async close(): Promise<void> {
    try {
      await this.#powerSwitch.close();
    } finally {
      this.scratch.remove();
    }
  }

  async #parts(fileSystem: FileSystemCase): Promise<DiskParts> {
    const image = await this.freshImage(fileSystem, "disk.img");
    return { fileSystem, image, scratch: this.scratch, powerSwitch: this.#powerSwitch };
  }

  /** Made once: mkfs takes longer than a copy. */
  #template({ type, imageBytes }: Pick<FileSystemCase, "type" | "imageBytes">): string {
    const path = join(this.scratch.directory, `${type}-${imageBytes}.img`);
    if (existsSync(path)) return path;
    const raw = `${path}.raw`;
    writeFileSync(raw, "");
    truncateSync(raw, imageBytes);
    const [program, ...args] = MAKE_FILE_SYSTEM[type];
    execFileSync(program!, [...args, raw], { stdio: ["ignore", "ignore", "pipe"] });
    // mkfs writes zeros where holes will do.
    execFileSync("cp", ["--sparse=always", raw, path]);
    rmSync(raw);
    return path;
  }
}
