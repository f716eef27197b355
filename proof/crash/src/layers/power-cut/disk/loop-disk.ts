import { type Cut, type DiskParts, PoweredDisk } from "./powered-disk.js";

/** A loop device over a file in memory: what has reached it is on disk, what is in the page cache is not. */
export class LoopDisk extends PoweredDisk {
  #image: string;
  /** What the disk will be when the power comes back. */
  #nextImage: string;

  constructor(parts: DiskParts) {
    super(parts);
    this.#image = parts.image;
    this.#nextImage = parts.image;
  }

  protected get device(): string {
    return this.#image;
  }

  async cutPower(cut: Cut): Promise<number | undefined> {
    const { means } = this.parts.fileSystem;
    if (means.kind !== "copy") return this.switchOff(cut, { ...means, mount: this.mountPoint });
    this.#nextImage = this.#image === this.parts.image ? `${this.parts.image}.copy` : this.parts.image;
    return this.switchOff(cut, {
      kind: "copy",
      writer: cut.writer,
      image: this.#image,
      copy: this.#nextImage,
    });
  }

  protected async switchOn(): Promise<void> {
    this.#image = this.#nextImage;
  }
}
