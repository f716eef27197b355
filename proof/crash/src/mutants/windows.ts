import type { Mutant } from "./run-mutant.js";

const STORE_SWAP = "packages/datawal/src/swap/store-swap.ts";

/** What only a disk with the refusals of Windows shows. */
export const WINDOWS_MUTANTS: readonly Mutant[] = [
  {
    name: "swap-keeps-locks",
    what: "a swap holds the locks on to files below the directories that it renames",
    seenBy: "L1 Windows",
    seenIn: "windows:put,delete,put,rotate,put,swap",
    patches: [{ file: STORE_SWAP, find: "      isUnpinned = unpin(locks);\n", replace: "" }],
  },
  {
    name: "old-store-keeps-lock",
    what: "a swap holds the lock of the old store on while it removes it",
    seenBy: "L1 Windows",
    seenIn: "windows:put,delete,put,rotate,put,swap",
    patches: [
      {
        file: STORE_SWAP,
        find: "  *#putInPlace(locks: readonly DirectoryLock[]): Steps<void> {\n    unpin(locks);\n",
        replace:
          "  *#putInPlace(locks: readonly DirectoryLock[]): Steps<void> {\n    unpin(locks.slice(1));\n",
      },
      {
        file: STORE_SWAP,
        find: "  *#finish(locks: readonly DirectoryLock[]): Steps<void> {\n    unpin(locks);\n",
        replace: "  *#finish(locks: readonly DirectoryLock[]): Steps<void> {\n    unpin(locks.slice(1));\n",
      },
    ],
  },
];
