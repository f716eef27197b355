import type { RecordLog } from "@datawal/record-log";
import {
  CHECKPOINT_NAME,
  FrameMemory,
  type KnownSegment,
  type KnowSegments,
  type ListedLog,
  markSegment,
  type OpenLog,
  proveSegments,
  readRemovedSegments,
  type SegmentExtent,
  temporaryName,
} from "@datawal/record-log/internal";
import type { OpenFile } from "@datawal/safeatomic";
import { errnoOf, publishFile, type Steps, useFileSteps } from "@datawal/safeatomic/internal";
import { lenAt, offsetAt, segmentAt } from "../keydir/chunk.js";
import { requireSound, type VisitEntry } from "../keydir/image.js";
import { Projection } from "../live/projection.js";
import { SegmentSpace, type SpaceImage } from "../live/space.js";
import { tellCheckpoint } from "./checkpoint-event.js";
import { type Coverage, readImage, readIndex, writeCheckpoint } from "./checkpoint-file.js";
import type { CheckpointSettings } from "./checkpoint-options.js";

/**
 * What an open has made of the checkpoint of the key directory. `believed`: what it covers was not read. Else the whole log
 * was: `off` by an option; `absent`; `refused`: the file has another owner or another name, others may read it, or it cannot
 * be read; `damaged`: not as it was written, or of another version; `stale`: what it covers has changed since, or may have.
 */
export type CheckpointUse = "believed" | "off" | "absent" | "refused" | "damaged" | "stale";

/** Group and others: who knows the secret knows which keys collide. */
const OTHERS_MODE = 0o077;

/** The checkpoint of a store's key directory (docs/decisions/0023): what an open believes of it, and a close writes. */
export class Checkpoint {
  use: CheckpointUse = "off";
  readonly #settings: CheckpointSettings;
  readonly #take: (projection: Projection) => void;
  /** The text of what was believed: where nothing of it has changed by the close, it stays. */
  #believed = "";

  /** @param take Given what the checkpoint has of the log, before anything behind it is replayed. */
  constructor(settings: CheckpointSettings, take: (projection: Projection) => void) {
    this.#settings = settings;
    this.#take = take;
  }

  readonly know: KnowSegments = (log) => this.#know(log);

  *#know(log: ListedLog): Steps<readonly KnownSegment[]> {
    if (!this.#settings.isOn) return [];
    const outcome = yield* doubting(() => this.#read(log));
    if ("known" in outcome) this.#take(outcome.projection);
    this.use = "known" in outcome ? "believed" : outcome.doubt;
    return "known" in outcome ? outcome.known : [];
  }

  *#read(log: ListedLog): Steps<Outcome> {
    const { fileSystem } = log.store;
    const path = log.store.file(CHECKPOINT_NAME);
    if (!fileSystem.stat(path)) return { doubt: "absent" };
    return yield* useFileSteps(fileSystem, path, "read", (file) => this.#readFile(log, file));
  }

  *#readFile(log: ListedLog, file: OpenFile): Steps<Outcome> {
    const { crc } = log.store;
    const { size, links = 1, owner, mode } = file.stat();
    // Where nobody has a number, as on Windows, modes say nothing either.
    const user = process.geteuid?.();
    const isOurs = user === undefined || ((owner ?? user) === user && (mode & OTHERS_MODE) === 0);
    if (links !== 1 || !isOurs) return { doubt: "refused" };
    const index = readIndex(file, size, crc);
    const known = yield* proveSegments(log, extentsOf(index.space), index.marks);
    if (!known || index.removed !== String(log.removed)) return { doubt: "stale" };
    const projection = new Projection();
    const memory = new FrameMemory(crc);
    try {
      yield* projection.keydir.adopt(readImage(file, index, memory), placeChecker(projection, known));
    } finally {
      memory.release();
    }
    projection.space.adopt(index.space);
    for (const { segment, size } of known) requireSound(projection.space.of(segment).totalBytes === size);
    const { removed, marks, space } = index;
    this.#believed = JSON.stringify({ removed, marks, space } satisfies Coverage);
    return { known, projection };
  }

  /**
   * Writes a checkpoint of a log of which everything is synced. Where that does not go, the store is as before, and the next
   * open reads the log.
   *
   * @param requireInPlace Checks that the lock is still in its place.
   */
  *write(
    log: RecordLog,
    store: OpenLog["store"],
    { keydir, space }: Projection,
    requireInPlace: () => void,
  ): Steps<void> {
    const { isOn, minLogBytes } = this.#settings;
    if (!isOn || space.totalBytes < minLogBytes) return;
    // What such a log warns of cannot be told without reading it.
    if (log.recoveryReport().warnings.some(({ kind }) => kind === "txid-gap" || kind === "group-broken"))
      return;
    try {
      const image = space.image(log.segments);
      const marked = extentsOf(image).map((extent) => markSegment(store, extent));
      const marks = marked.map((found) => found?.mark ?? "");
      const isWhole = marked.every((found) => found && found.size === space.of(found.segment).totalBytes);
      const coverage = { removed: String(readRemovedSegments(store)), marks, space: image };
      if (!isWhole || JSON.stringify(coverage) === this.#believed) return;
      const path = store.file(CHECKPOINT_NAME);
      const temporaryPath = store.file(temporaryName(CHECKPOINT_NAME));
      const publication = { path, temporaryPath, permissions: 0o600, ownsTemporary: true };
      yield* publishFile(store.fileSystem, publication, function* (file) {
        yield* writeCheckpoint(file, store.crc, coverage, keydir.image());
        requireInPlace();
      });
    } catch (error) {
      tellCheckpoint(log.dir, error);
    }
  }
}

type Outcome = { doubt: CheckpointUse } | { known: KnownSegment[]; projection: Projection };

function extentsOf({ segments }: SpaceImage): SegmentExtent[] {
  return segments.map(([segment, records, lastFrameOffset]) => ({ segment, records, lastFrameOffset }));
}

/** Checks that each live entry leads into a segment that is known, and counts it there. */
function placeChecker({ space }: Projection, known: readonly KnownSegment[]): VisitEntry {
  const sizes = new Map(known.map(({ segment, size }) => [segment, size]));
  let current = new SegmentSpace(-1);
  let size = 0;
  return (entries, at) => {
    const segment = segmentAt(entries, at);
    if (segment !== current.segment) [current, size] = [space.of(segment), sizes.get(segment) ?? 0];
    const len = lenAt(entries, at);
    requireSound(offsetAt(entries, at) + len <= size);
    current.liveBytes += len;
  };
}

/** Whatever is wrong with it, the log tells the same: all but what the driver of these steps throws into them is a doubt. */
function* doubting(work: () => Steps<Outcome>): Steps<Outcome> {
  const steps = work();
  try {
    for (;;) {
      let step: ReturnType<typeof steps.next>;
      try {
        step = steps.next();
      } catch (error) {
        return { doubt: errnoOf(error) === undefined ? "damaged" : "refused" };
      }
      if (step.done) return step.value;
      yield step.value;
    }
  } finally {
    steps.return({ doubt: "damaged" });
  }
}
