import { type FileSystem, nodeFileSystem } from "@datawal/safeatomic";
import type { DiskRack } from "../power-cut/disk/disk-rack.js";
import { mount, unmount } from "../power-cut/machine/scratch.js";
import { type Published, readPublished } from "./judge-state.js";
import { Ledger } from "./ledger.js";
import { besideSyncs } from "./neighbour.js";
import { placeOn } from "./place.js";
import { RecordedDisk } from "./recorded-disk.js";
import type { ReplayFileSystem } from "./replay-file-systems.js";
import type { Workload } from "./workload.js";

/** A workload that ran from its beginning to its end, and everything that its disk was asked for meanwhile. */
export interface Recording {
  disk: RecordedDisk;
  ledger: Ledger;
  published: Published;
}

interface Setting {
  rack: DiskRack;
  seed: number;
  /** The disk as the workload sees it. */
  port: FileSystem;
}

/** Runs a workload on a fresh disk. The recording's disk is unmounted, and to be closed. */
export async function record(
  workload: Workload,
  fileSystem: ReplayFileSystem,
  { rack, seed, port }: Setting,
): Promise<Recording> {
  const image = await rack.freshImage(fileSystem, "recorded.img");
  const mountPoint = rack.scratch.mountPoint("mounted");
  const ledger = new Ledger(seed);
  await onMounted(fileSystem, image, mountPoint, async () => {
    await workload.prepare?.(placeOn(mountPoint, nodeFileSystem), ledger);
  });
  const disk = await RecordedDisk.start(image, mountPoint, fileSystem);
  try {
    ledger.record(() => disk.flushes());
    const seen = workload.isBesideSyncs ? besideSyncs(mountPoint) : port;
    await workload.perform(placeOn(mountPoint, seen), ledger);
    const published = readPublished(ledger);
    disk.unmount();
    return { disk, ledger, published };
  } catch (error) {
    await disk.close();
    throw error;
  }
}

/** Does something while an image is mounted. */
export async function onMounted<Result>(
  { type, mountOptions }: ReplayFileSystem,
  image: string,
  mountPoint: string,
  act: () => Promise<Result>,
): Promise<Result> {
  mount(type, `loop,${mountOptions}`, image, mountPoint);
  try {
    return await act();
  } finally {
    unmount(mountPoint, image);
  }
}
