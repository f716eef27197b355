/** A disk that can be full from a certain byte on. */
export interface FullDisk {
  /** Where a store can be made; empty. */
  readonly directory: string;
  readonly name: string;
  /** What a writer is told when it is full. */
  readonly errnos: readonly string[];
  /** The codes with which the store may refuse to be opened as long as it is full. */
  readonly refusals: readonly string[];
  /** Fills it. */
  fill(): Promise<void>;
  /** Makes room. */
  makeRoom(): Promise<void>;
}
