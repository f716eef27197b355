import type { Mutant } from "./run-mutant.js";

const PINNED_STORE = "packages/record-log/src/store/pinned-store.ts";
const VIEW = "packages/record-log/src/read/log-view.ts";
const FOLLOW = "packages/record-log/src/read/follow.ts";

/** What a reader takes for granted of a world that changes beside it. */
export const READER_MUTANTS: readonly Mutant[] = [
  {
    name: "segment-kept-by-its-path",
    what: "a segment that is opened again is not compared with the file that was read",
    seenBy: "L7 readers",
    seenIn: "read beside swap",
    patches: [
      {
        file: PINNED_STORE,
        find: "isSame = isSameFile(file.stat(), known);",
        replace: "isSame = file.stat().identity.length > 0;",
      },
    ],
  },
  {
    name: "directory-kept-by-its-path",
    what: "whatever directory stands under the store's name is taken for the one that was opened",
    seenBy: "L7 readers",
    seenIn: "open beside swap",
    patches: [
      {
        file: PINNED_STORE,
        find: "if (isSameFile(found, this.#pinned)) return;",
        replace: "if (found) return;",
      },
    ],
  },
  {
    name: "one-listing-believed",
    what: "one listing, which takes several system calls, is taken for the log at one moment",
    seenBy: "L7 readers",
    seenIn: "open beside putMany",
    patches: [
      {
        file: PINNED_STORE,
        find: "newest = Math.max(newest, last);\n      listing = this.#list();",
        replace: "newest = Math.max(newest, last);\n      break;",
      },
      {
        file: PINNED_STORE,
        find: "return isHole && ",
        replace: "return isHole && before < 0 && ",
      },
    ],
  },
  {
    name: "position-kept-across-a-repair",
    what: "a follower goes on where it was, whatever stands in front of that place by now",
    seenBy: "L7 readers",
    seenIn: "follow beside repair of rot",
    patches: [
      {
        file: FOLLOW,
        find: "if (!last || view.stands(last) || this.#isDropped(last)) return;",
        replace: "if (!last || view.lastFrame || this.#isDropped(last)) return;",
      },
    ],
  },
  {
    name: "handles-closed-before-a-refresh-has-succeeded",
    what: "a refresh that begins anew closes what the reader has open, and then may fail",
    seenBy: "L7 readers",
    seenIn: "refresh that is given up beside drop",
    patches: [
      {
        file: VIEW,
        find: "this.#inspection.beginAgain();",
        replace: "this.#inspection.beginAgain();\n    this.handles.close();",
      },
    ],
  },
  {
    name: "place-trusted-behind-a-repair",
    what: "whatever stands in the newest segment where a record was is taken for that record",
    seenBy: "L7 readers",
    seenIn: "refresh beside repair",
    patches: [
      {
        file: VIEW,
        find: "if (last?.segment !== segment) return;",
        replace: "if (last?.segment !== segment || file) return;",
      },
    ],
  },
];
