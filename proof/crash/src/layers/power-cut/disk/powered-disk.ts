import { mount, type Scratch, unmount } from "../machine/scratch.js";
import type { Tool } from "../machine/tool.js";
import type { Statement } from "../writer/testimony.js";
import type { FileSystemCase } from "./file-systems.js";
import type { Provocation } from "./provocation.js";

/** When the power is cut: so long after the writer has said so many such things. */
export interface Moment {
  statement: Statement["kind"];
  count: number;
  delayUs: number;
}

export interface Cut {
  testimony: string;
  moment: Moment;
  provocations: readonly Provocation[];
  /** The writer's process id. */
  writer: number;
  /** Of a disk's cache: which sectors survive, and what share of them. */
  seed: number;
  keptShare: number;
}

/** What every disk is made with. */
export interface DiskParts {
  fileSystem: FileSystemCase;
  /** The disk's bytes, with the file system on them. */
  image: string;
  scratch: Scratch;
  powerSwitch: Tool;
}

/** A mounted file system on a disk of its own, whose power can be cut. */
export abstract class PoweredDisk {
  readonly mountPoint: string;
  protected readonly parts: DiskParts;
  #isMounted = false;

  protected constructor(parts: DiskParts) {
    this.parts = parts;
    this.mountPoint = parts.scratch.mountPoint("mounted");
  }

  /** What is to be mounted. */
  protected abstract get device(): string;

  /** @returns how many bytes the writer had said before the cut; undefined when the moment never came. */
  abstract cutPower(cut: Cut): Promise<number | undefined>;

  /** Brings the power back: the file system is mounted again, its log replayed. Every writer must be dead. */
  async restorePower(): Promise<void> {
    this.unmount();
    await this.switchOn();
    this.mount();
  }

  mount(): void {
    const { type, mountOptions } = this.parts.fileSystem;
    mount(type, `loop,${mountOptions}`, this.device, this.mountPoint);
    this.#isMounted = true;
  }

  async remove(): Promise<void> {
    this.unmount();
  }

  /** What has to be done between unmounting a disk without power and mounting it again. */
  protected abstract switchOn(): Promise<void>;

  /** Lets the power switch wait for the moment, provoke, and cut by these means. */
  protected async switchOff(
    { testimony, moment, provocations }: Cut,
    means: Readonly<Record<string, unknown>>,
  ): Promise<number | undefined> {
    const bytesSaid = await this.parts.powerSwitch.ask("cut", { testimony, moment, provocations, means });
    return (bytesSaid as number | null) ?? undefined;
  }

  protected unmount(): void {
    if (!this.#isMounted) return;
    unmount(this.mountPoint, this.device);
    this.#isMounted = false;
  }
}
