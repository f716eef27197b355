import type { FileSystem } from "@datawal/safeatomic";
import type { Scratch } from "../power-cut/machine/scratch.js";
import type { Tool } from "../power-cut/machine/tool.js";
import { compactOnFullDisk } from "./full-compaction.js";
import type { FullDisk } from "./full-disk.js";
import { type FullDiskPlan, writeToFullDisk } from "./full-disk-case.js";
import { publishOnFullDisk } from "./full-publication.js";
import { hidesShortWrites } from "./hides-short-writes.js";
import { LimitedDisk } from "./limited-disk.js";
import { PAGE_BYTES, SmallDisk } from "./small-disk.js";

/** What full disks are made of. */
export interface DiskSource {
  scratch: Scratch;
  limits: Tool;
  /** Of the small disk. */
  mountPoint: string;
}

export interface FullDiskCase {
  /** What `--case` takes. */
  id: string;
  /** What is done, for a story. */
  plan: unknown;
  disk(source: DiskSource): FullDisk;
  /** @returns what came of it, to be counted. @throws OracleViolation */
  run(disk: FullDisk): Promise<string>;
}

/** How it is written, and whether the store is opened before there is room again. */
const WAYS = [
  { form: "append", staysFull: true },
  { form: "append", staysFull: false },
  { form: "appendMany", staysFull: true },
  { form: "appendGroup", staysFull: true },
] as const;

/**
 * The limit goes over every byte from an empty file to behind the place where the first segment ends: it cuts every
 * frame behind the acknowledged ones, each frame of the second segment, and the lock's note.
 */
export function* sizeLimitCases(): Generator<FullDiskCase> {
  for (let bytesMax = 0; bytesMax <= SMALL_SEGMENT_BYTES + 40; bytesMax++) {
    for (const { form, staysFull } of WAYS) {
      const plan = {
        segmentBytesMax: SMALL_SEGMENT_BYTES,
        before: [60, 61, 62],
        during: DURING,
        form,
        staysFull,
      };
      yield {
        id: `EFBIG/${bytesMax}/${form}${staysFull ? "/stays-full" : ""}`,
        ...writing(plan),
        disk: ({ scratch, limits }) => new LimitedDisk(scratch.directory, limits, bytesMax),
      };
    }
  }
}

/**
 * Some frames, of which one crosses the end of the last page, shifted by one byte a time: in the first segment, or
 * behind the rotation where the next one gets no page at all.
 */
export function* noSpaceCases(): Generator<FullDiskCase> {
  for (const pages of [0, 1]) {
    for (let shift = 0; shift <= SHIFT_MAX; shift++) {
      for (const { form, staysFull } of WAYS) {
        const before = [PAGE_BYTES - 3 * 100 - shift];
        yield {
          id: `ENOSPC/${pages}/${shift}/${form}${staysFull ? "/stays-full" : ""}`,
          ...writing({ segmentBytesMax: PAGE_BYTES + 150, before, during: DURING, form, staysFull }),
          disk: ({ mountPoint }) => new SmallDisk(mountPoint, { pages, names: 8 }),
        };
      }
    }
  }
  yield* noNameCases();
}

/** No inode is left for the next segment, nor for what a repair writes. */
function* noNameCases(): Generator<FullDiskCase> {
  for (const names of [0, 1]) {
    for (const staysFull of [false, true]) {
      const plan = { segmentBytesMax: SMALL_SEGMENT_BYTES, before: [60], during: DURING, staysFull };
      yield {
        id: `ENOSPC/names-${names}${staysFull ? "/stays-full" : ""}`,
        ...writing({ ...plan, form: "append" }),
        disk: ({ mountPoint }) => new SmallDisk(mountPoint, { pages: 8, names }),
      };
    }
  }
}

/** A compaction and an export that reach every page of the target, and some bytes within. */
export function* publicationCases(): Generator<FullDiskCase> {
  for (const what of ["compaction", "export"] as const) {
    const publishing = { plan: what, run: (disk: FullDisk) => publishOnFullDisk(disk, what) };
    for (let pages = 0; pages <= 5; pages++) {
      yield {
        id: `ENOSPC/${what}/${pages}`,
        ...publishing,
        disk: ({ mountPoint }) => new SmallDisk(mountPoint, { pages, names: 8 }),
      };
    }
    for (let bytesMax = 0; bytesMax <= 14_000; bytesMax += 199) {
      yield {
        id: `EFBIG/${what}/${bytesMax}`,
        ...publishing,
        disk: ({ scratch, limits }) => new LimitedDisk(scratch.directory, limits, bytesMax),
      };
    }
  }
}

/** A compaction in place that finds the disk full at every page, and at some bytes of what it appends. */
export function* compactionCases(): Generator<FullDiskCase> {
  for (const tellsFreeBytes of [true, false]) {
    const compacting = {
      plan: "compaction in place",
      run: (disk: FullDisk) => compactOnFullDisk(disk, tellsFreeBytes),
    };
    const kind = `compact${tellsFreeBytes ? "" : "/free-bytes-untold"}`;
    for (let pages = 0; pages <= 6; pages++) {
      yield {
        id: `ENOSPC/${kind}/${pages}`,
        ...compacting,
        disk: ({ mountPoint }) => new SmallDisk(mountPoint, { pages, names: 8 }),
      };
    }
    if (tellsFreeBytes) continue;
    for (let bytesMax = 0; bytesMax <= 2000; bytesMax += 19) {
      yield {
        id: `EFBIG/${kind}/${bytesMax}`,
        ...compacting,
        disk: ({ scratch, limits }) => new LimitedDisk(scratch.directory, limits, bytesMax),
      };
    }
  }
}

/** On a disk that hides that a write was short, each of which must be found out. */
export function* lyingCases(): Generator<FullDiskCase> {
  for (const shift of [100, 200]) {
    const before = [PAGE_BYTES - 3 * 100 - shift];
    const plan = { segmentBytesMax: PAGE_BYTES + 150, before, during: DURING, staysFull: false };
    yield {
      id: `ENOSPC/${shift}/hides-short-writes`,
      ...writing({ ...plan, form: "append" }, hidesShortWrites),
      disk: ({ mountPoint }) => new SmallDisk(mountPoint, { pages: 0, names: 8 }),
    };
  }
  for (const bytesMax of [400, 500]) {
    const plan = { segmentBytesMax: SMALL_SEGMENT_BYTES, before: [60], during: DURING, staysFull: false };
    yield {
      id: `EFBIG/${bytesMax}/hides-short-writes`,
      ...writing({ ...plan, form: "append" }, hidesShortWrites),
      disk: ({ scratch, limits }) => new LimitedDisk(scratch.directory, limits, bytesMax),
    };
  }
}

function writing(plan: FullDiskPlan, fileSystem?: FileSystem): Pick<FullDiskCase, "plan" | "run"> {
  return { plan, run: (disk) => writeToFullDisk(disk, plan, fileSystem) };
}

const SMALL_SEGMENT_BYTES = 600;
const DURING = [70, 5, 120, 0, 150, 33, 90, 200, 64, 71, 130];
/** Two of the frames above. */
const SHIFT_MAX = 300;
