import { type FileSystem, type HeldLock, nodeFileSystem, type OpenFile } from "@datawal/safeatomic";
import { type PortCall, StoppedError, withFaults } from "@datawal/safeatomic/testing";

/** Calls that change something on disk, or make it durable: between two others a death changes nothing. */
const CHANGES =
  /^(open|file\.(append|appendParts|truncate|fsync|fsyncSync)|rename|removeFile|fsyncDirectory(Sync)?|lock(\.writeNote)?)$/;

/**
 * The real disk, for a process that dies before its change of a given number: what it had open is closed then, its
 * lock released, and nothing else of it happens.
 */
export class MortalFileSystem {
  readonly fileSystem: FileSystem;
  readonly #open = new Set<OpenFile>();
  readonly #locks = new Set<HeldLock>();
  #changes = 0;

  constructor(diesAtChange = Number.POSITIVE_INFINITY) {
    const tracked: FileSystem = {
      ...nodeFileSystem,
      open: (path, mode, permissions) => this.#track(nodeFileSystem.open(path, mode, permissions)),
      lock: (path, owner) => {
        const lock = nodeFileSystem.lock(path, owner);
        if (lock.state === "held") this.#locks.add(lock);
        return lock;
      },
    };
    this.fileSystem = withFaults(tracked, (call) =>
      isChange(call) && this.#changes++ === diesAtChange ? "stop" : undefined,
    );
  }

  /** Changes made, or tried. */
  get changes(): number {
    return this.#changes;
  }

  /** Runs what may die; tells whether it did. Either way everything is closed afterwards, as the kernel does it. */
  live(run: (fileSystem: FileSystem) => void): boolean {
    try {
      run(this.fileSystem);
      return false;
    } catch (error) {
      if (!(error instanceof StoppedError)) throw error;
      return true;
    } finally {
      for (const file of this.#open) file.close();
      for (const lock of this.#locks) lock.release();
    }
  }

  #track(file: OpenFile): OpenFile {
    this.#open.add(file);
    return file;
  }
}

function isChange({ operation }: PortCall): boolean {
  return CHANGES.test(operation);
}
