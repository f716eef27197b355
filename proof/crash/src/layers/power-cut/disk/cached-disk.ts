import { writeFileSync } from "node:fs";
import { Tool } from "../machine/tool.js";
import { type Cut, type DiskParts, PoweredDisk } from "./powered-disk.js";

/** Which sectors of a cache survive a cut, and what share of them. */
type CacheLoss = Pick<Cut, "seed" | "keptShare"> & Partial<Pick<Cut, "testimony">>;

/** A loop device over a disk with a write cache, of which a power cut loses a part, and which fails on demand. */
export class CachedDisk extends PoweredDisk {
  protected readonly device: string;
  readonly #disk: Tool;

  private constructor(parts: DiskParts) {
    super(parts);
    this.device = `${parts.image}.volatile`;
    writeFileSync(this.device, "");
    this.#disk = new Tool("volatile_disk.py", this.device, parts.image);
  }

  static async start(parts: DiskParts): Promise<CachedDisk> {
    const disk = new CachedDisk(parts);
    await disk.#disk.ask("ready");
    return disk;
  }

  async cutPower(cut: Cut): Promise<number | undefined> {
    if ((await this.switchOff(cut, { kind: "none" })) === undefined) return undefined;
    return await this.loseCache(cut);
  }

  /**
   * Cuts the power at once.
   *
   * @returns how many bytes a writer's testimony had before, if there is one.
   */
  async loseCache({ testimony, seed, keptShare }: CacheLoss): Promise<number> {
    return (await this.#disk.ask("cut", { testimony: testimony ?? "", seed, keptShare })) as number;
  }

  /**
   * Lets the next block writes that contain the marker fail with EIO, and no others.
   *
   * @returns how many have failed since the last call.
   */
  async failWrites(writes: number, marker: string): Promise<number> {
    return (await this.#disk.ask("fail", { writes, marker })) as number;
  }

  protected async switchOn(): Promise<void> {
    await this.#disk.ask("restore");
  }

  override async remove(): Promise<void> {
    await super.remove();
    await this.#disk.close();
  }
}
