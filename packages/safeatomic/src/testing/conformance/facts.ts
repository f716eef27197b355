import type { FileSystem } from "../../file-system.js";

/** What each test is given. */
export interface ConformanceDisk {
  fileSystem: FileSystem;
  /** Absolute; exists, and is empty. */
  directory: string;
  /** Whether files have permission bits of their own, which those of Windows have not; true when absent. */
  hasPermissionBits?: boolean | undefined;
  /** Makes a symbolic link; what the contract says of links is tested only where there is a way to make one. */
  makeLink?: ((target: string, path: string) => void) | undefined;
  /** Called after the test, whether it passed or not. */
  cleanup?: (() => void | Promise<void>) | undefined;
}

/** A sentence of the port's contract and how it is checked. */
export type Facts = Record<string, (disk: ConformanceDisk) => void | Promise<void>>;
