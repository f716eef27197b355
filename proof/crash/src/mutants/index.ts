import { CHECKPOINT_MUTANTS } from "./checkpoints.js";
import { COMPACTION_MUTANTS } from "./compactions.js";
import { GROUP_MUTANTS } from "./groups.js";
import { NAME_MUTANTS } from "./names.js";
import { PUBLICATION_MUTANTS } from "./publications.js";
import { READER_MUTANTS } from "./readers-beside-changes.js";
import { READING_MUTANTS } from "./reading.js";
import { RECOVERY_MUTANTS } from "./recovery.js";
import type { Mutant } from "./run-mutant.js";
import { SYNC_MUTANTS } from "./syncs.js";
import { WINDOWS_MUTANTS } from "./windows.js";

/** Every bug that the standard suite has to see. docs/testing.md has their table. */
export const MUTANTS: readonly Mutant[] = [
  ...SYNC_MUTANTS,
  ...NAME_MUTANTS,
  ...RECOVERY_MUTANTS,
  ...READING_MUTANTS,
  ...READER_MUTANTS,
  ...PUBLICATION_MUTANTS,
  ...COMPACTION_MUTANTS,
  ...GROUP_MUTANTS,
  ...WINDOWS_MUTANTS,
  ...CHECKPOINT_MUTANTS,
];
