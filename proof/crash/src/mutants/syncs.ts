import type { Mutant } from "./run-mutant.js";

const COMMIT = "packages/record-log/src/write/group-commit.ts";
const ROTATION = "packages/record-log/src/write/segment-rotation.ts";
const WRITER = "packages/record-log/src/write/log-writer.ts";
const APPEND_FULLY = "packages/safeatomic/src/append-fully.ts";

/** What is acknowledged too early, or synced in the wrong way. */
export const SYNC_MUTANTS: readonly Mutant[] = [
  {
    name: "fsync-does-nothing",
    what: "the asynchronous sync of a segment resolves without syncing",
    seenBy: "L1 one power cut",
    patches: [{ file: COMMIT, find: "this.#segment.file\n      .fsync()", replace: "Promise.resolve()" }],
  },
  {
    name: "fsync-sync-does-nothing",
    what: "the synchronous sync of a segment returns without syncing",
    seenBy: "L1 one power cut",
    patches: [{ file: COMMIT, find: "this.#segment.second.fsyncSync();", replace: "" }],
  },
  {
    name: "rotate-without-fsync",
    what: "a rotation seals a segment that was not synced",
    seenBy: "L1 one power cut",
    patches: [
      {
        file: ROTATION,
        find: 'this.commit.fsyncSync("rotate sync_all on previous segment failed");',
        replace: "",
      },
    ],
  },
  {
    name: "acknowledged-before-fsync",
    what: "callers of fsync are answered when the sync is submitted",
    seenBy: "L1 one power cut",
    patches: [
      {
        file: COMMIT,
        find: "const served = this.#takeWaiting();\n    const over",
        replace: "const served = this.#takeWaiting();\n    this.#serve(served);\n    const over",
      },
    ],
  },
  {
    name: "served-by-an-earlier-sync",
    what: "a caller is answered by the sync that was in flight when it appended",
    seenBy: "L1 one power cut",
    patches: [
      {
        file: COMMIT,
        find: "this.#inFlight?.size === size ? this.#inFlight.served",
        replace: "this.#inFlight ? this.#inFlight.served",
      },
    ],
  },
  {
    name: "synced-size-read-after-the-sync",
    what: "what was appended while a sync ran counts as synced by it",
    seenBy: "L1 one power cut",
    patches: [
      {
        file: COMMIT,
        find: ".then(() => this.#covered(size))",
        replace: ".then(() => this.#covered(this.#segment.size))",
      },
    ],
  },
  {
    name: "retry-after-a-failed-fsync",
    what: "a sync that failed is tried again, and its success believed",
    seenBy: "L1 one power cut",
    patches: [
      {
        file: COMMIT,
        find: "this.#segment.file\n      .fsync()",
        replace: "this.#segment.file\n      .fsync()\n      .catch(() => this.#segment.file.fsync())",
      },
    ],
  },
  {
    name: "failed-fsync-does-not-poison",
    what: "a handle whose sync failed goes on writing and syncing",
    seenBy: "L1 one power cut",
    patches: [
      {
        file: COMMIT,
        find: "this.#poison.latch(isChanged ? SEGMENT_CHANGED : reason, cause, isTold);",
        replace: "",
      },
    ],
  },
  {
    name: "two-syncs-on-one-description",
    what: "the synchronous forms sync the description that an asynchronous sync may be running on",
    seenBy: "L1 one power cut",
    seenIn: "fsync-sync-behind-failed-fsync,fsync-sync,lost-write-back",
    patches: [
      { file: COMMIT, find: "this.#segment.second.fsyncSync();", replace: "this.#segment.file.fsyncSync();" },
    ],
  },
  {
    name: "close-with-a-queued-fsync",
    what: "the descriptors of a segment are closed while a sync of it is in flight",
    seenBy: "L1 one power cut",
    patches: [{ file: ROTATION, find: "if (commit.isIdle) {", replace: "if (commit.isIdle || true) {" }],
  },
  {
    name: "close-does-not-sync",
    what: "close releases the lock without syncing what is not synced",
    seenBy: "L1 one power cut",
    patches: [
      {
        file: WRITER,
        find: "        await this.#segments.commit.fsync();\n",
        replace: "",
      },
    ],
  },
  {
    name: "lock-released-before-close",
    what: "the lock is given up while the segment is still open and unsynced",
    seenBy: "L2 failing calls",
    seenIn: "open-of-nothing",
    patches: [
      {
        file: WRITER,
        find: "async finishClose(): Promise<void> {\n",
        replace: "async finishClose(): Promise<void> {\n    this.#lock.release();\n",
      },
      {
        file: WRITER,
        find: "finishCloseSync(): void {\n",
        replace: "finishCloseSync(): void {\n    this.#lock.release();\n",
      },
    ],
  },
  {
    name: "short-write-ignored",
    what: "a short count of a write is taken for the whole",
    seenBy: "L2 failing calls",
    patches: [
      {
        file: APPEND_FULLY,
        find: "if (appended < wanted) appended += file.append(bytes, offset + done + appended, wanted - appended);\n    if (appended < wanted) throw shortWrite(count, done + appended);",
        replace: "",
      },
      { file: APPEND_FULLY, find: "let appended = file.append(", replace: "const appended = file.append(" },
    ],
  },
];
