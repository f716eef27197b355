import type { FileSystem } from "@datawal/safeatomic";
import type { SimulatedDisk } from "@datawal/safeatomic/testing";

/** One public operation, on a disk that was prepared for it. */
export interface Workload {
  name: string;
  /** Whether the operation takes a signal that ends it. */
  takesSignal: boolean;
  /** A disk as the operation finds it. */
  prepare(): SimulatedDisk | Promise<SimulatedDisk>;
  /**
   * Opens what the operation works on; nothing fails yet.
   *
   * @param port The disk, seen through the failures to come.
   */
  start(port: FileSystem, disk: SimulatedDisk): Session | Promise<Session>;
}

/** An operation about to be made. */
export interface Session {
  /** The operation: each of its calls fails in turn. */
  operate(signal: AbortSignal): unknown;
  /** Asks what is still open, which has to go on answering; `isFailing` while the disk goes on failing. */
  inspect?(isFailing: boolean): void;
  /** Closes what is open. */
  close(): unknown;
  /** The directory that neither the operation nor closing may change; none where absent. */
  source?: string | undefined;
  /** Asks the oracle, on a disk without failures. */
  judge(aftermath: Aftermath): void | Promise<void>;
}

/**
 * What ends the process before the disk is judged: a kill, when all that was open is closed; or a power cut, at once,
 * since closing would make durable what was not.
 */
export type Ending = "kill" | "power-cut";

export interface Aftermath {
  disk: SimulatedDisk;
  ending: Ending;
  /** What the operation failed with; `undefined` where it succeeded. */
  error: unknown;
}
