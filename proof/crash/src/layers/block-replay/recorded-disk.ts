import { writeFileSync } from "node:fs";
import { mount, unmount } from "../power-cut/machine/scratch.js";
import { Tool } from "../power-cut/machine/tool.js";
import type { ReplayFileSystem } from "./replay-file-systems.js";

/** Which sectors of an epoch a power cut loses: all, some, whole writes, one, or all from some place on. */
export const LOSSES = ["all", "sectors", "writes", "one", "later"] as const;
export type Loss = (typeof LOSSES)[number];

/** A loop device over a disk that remembers each write and each flush (tools/recorded_disk.py). */
export class RecordedDisk {
  readonly #device: string;
  readonly #tool: Tool;
  readonly #mountPoint: string;
  #isMounted = false;

  private constructor(image: string, mountPoint: string, { superblock }: ReplayFileSystem) {
    this.#device = `${image}.recorded`;
    this.#mountPoint = mountPoint;
    writeFileSync(this.#device, "");
    this.#tool = new Tool("recorded_disk.py", this.#device, image, `${superblock}`);
  }

  /** Mounts an image; what is written from here on is remembered. */
  static async start(image: string, mountPoint: string, fileSystem: ReplayFileSystem): Promise<RecordedDisk> {
    const disk = new RecordedDisk(image, mountPoint, fileSystem);
    await disk.#tool.ask("ready");
    mount(fileSystem.type, `loop,${fileSystem.mountOptions}`, disk.#device, mountPoint);
    disk.#isMounted = true;
    return disk;
  }

  /** How many flushes the disk has been asked for: what lies before the last of them no power cut takes away. */
  async flushes(): Promise<number> {
    return (await this.#tool.ask("now")) as number;
  }

  /** How many sectors were written in each epoch: before the first flush, between each and the next, behind the last. */
  async sectors(): Promise<number[]> {
    return (await this.#tool.ask("sectors")) as number[];
  }

  /**
   * Builds an image that a power cut at the end of an epoch may leave. Epochs must not go down.
   *
   * @returns a name of what of the epoch was kept: the same for the same sectors.
   */
  async build(epoch: number, loss: Loss, seed: number, target: string): Promise<string> {
    return (await this.#tool.ask("build", { epoch, loss, seed, target })) as string;
  }

  unmount(): void {
    if (!this.#isMounted) return;
    unmount(this.#mountPoint, this.#device);
    this.#isMounted = false;
  }

  async close(): Promise<void> {
    this.unmount();
    await this.#tool.close();
  }
}
