import type { StoreSettings } from "../open-options.js";
import type { DirectoryLock } from "../store/directory-lock.js";
import type { Poison } from "./poison.js";

/** What the parts of a writer share. */
export interface WritableStore {
  readonly settings: StoreSettings;
  /** Absolute, links resolved. */
  readonly directory: string;
  readonly lock: DirectoryLock;
  readonly poison: Poison;
}
