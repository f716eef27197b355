import type { Mutant } from "./run-mutant.js";

const KNOWN = "packages/record-log/src/inspect/known-segments.ts";
const INSPECTION = "packages/record-log/src/inspect/inspection.ts";
const RECOVER = "packages/record-log/src/repair/recover.ts";
const WRITER = "packages/record-log/src/write/log-writer.ts";
const CHECKPOINT = "packages/datawal/src/checkpoint/checkpoint.ts";

/** Nor is the active segment read, which sees most of what the note does. */
const NOTE_NOT_ASKED = {
  file: KNOWN,
  find: `if (syncedBytes < last.size) return undefined;
  return !isForWriting || (yield* isReadable(store, last)) ? known : undefined;`,
  replace: "return syncedBytes >= -1 ? known : undefined;",
};

/** The checkpoint of the key directory (docs/decisions/0023), without one of its bounds. */
export const CHECKPOINT_MUTANTS: readonly Mutant[] = [
  {
    name: "stale-checkpoint-believed",
    what: "a checkpoint is believed whatever has become of the segments that it covers",
    seenBy: "L1 checkpoints",
    patches: [
      {
        file: KNOWN,
        find: "found?.mark !== marks[index] || !found",
        replace: "!found || marks[index] === undefined",
      },
      {
        file: KNOWN,
        find: 'outcome !== "header" || lastFrameOffset + last.end !== size',
        replace: 'outcome !== "header"',
      },
      {
        file: CHECKPOINT,
        find: "requireSound(projection.space.of(segment).totalBytes === size);",
        replace: "requireSound(projection.space.of(segment).totalBytes <= size);",
      },
    ],
  },
  {
    name: "checkpoint-before-the-sync",
    what: "a close writes the checkpoint before its sync, and an open does not ask what is known to be on disk",
    seenBy: "L1 checkpoints",
    patches: [
      NOTE_NOT_ASKED,
      {
        file: WRITER,
        find: "        await this.#segments.commit.fsync();\n        this.#segments.commit.requireUntouched();\n",
        replace:
          "        if (this.beforeRelease) await runAsync(this.beforeRelease());\n        await this.#segments.commit.fsync();\n        this.#segments.commit.requireUntouched();\n",
      },
    ],
  },
  {
    name: "checkpoint-of-a-poisoned-handle",
    what: "a poisoned handle writes a checkpoint, and an open does not ask what is known to be on disk",
    seenBy: "L1 checkpoints",
    patches: [
      NOTE_NOT_ASKED,
      {
        file: WRITER,
        find: "      if (this.poison.isUntold) throw this.poison.error();\n      if (!this.poison.isLatched && this.beforeRelease) await",
        replace: "      if (this.beforeRelease) await",
      },
    ],
  },
  {
    name: "behind-the-checkpoint-not-read",
    what: "of the segments behind those that a checkpoint covers, only the active one is read",
    seenBy: "L1 checkpoints",
    patches: [
      {
        file: RECOVER,
        find: "of segments.slice(known.length, -1)) {",
        replace: "of segments.slice(known.length > 0 ? segments.length : 0, -1)) {",
      },
    ],
  },
  {
    name: "known-txids-not-taken",
    what: "txids go on behind what was read, not behind what a checkpoint covers",
    seenBy: "L1 checkpoints",
    patches: [
      { file: INSPECTION, find: "      this.txids.push(last.txidLow, last.txidHigh);\n", replace: "" },
    ],
  },
];
