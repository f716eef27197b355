import type {
  DirectoryEntry,
  FileStat,
  FileSystem,
  HeldLock,
  LockState,
  OpenFile,
  RefusedLock,
} from "@datawal/safeatomic";
import type { SimulatedDisk } from "@datawal/safeatomic/testing";
import type { ChangingDisk } from "./changes.js";

/** A disk on which a recorded change is made again, step by step. */
export interface Stage {
  disk: SimulatedDisk;
  files: Map<number, OpenFile>;
  locks: Map<number, HeldLock>;
}

/** One change that others can see: a port call, or half of a write. */
export interface Step {
  what: string;
  make(stage: Stage): void;
}

/**
 * Notes what an operation changes on a disk, so that it can be made again on others, in pieces, beside readers. This is
 * the operation itself and no likeness of it: nothing that a reader does reaches a writer.
 */
export class RecordingDisk implements ChangingDisk {
  readonly steps: Step[] = [];
  readonly #disk: SimulatedDisk;
  /** What nobody sees, such as opening a file to append to it: made with the next step. */
  #unseen: Step["make"][] = [];
  #handleCount = 0;

  constructor(disk: SimulatedDisk) {
    this.#disk = disk;
  }

  /** One step. */
  outside(what: string, make: (disk: FileSystem) => void): void {
    make(this.#disk);
    this.see(what, ({ disk }) => make(disk));
  }

  see(what: string, make: Step["make"]): void {
    const before = this.#unseen;
    this.#unseen = [];
    this.steps.push({
      what,
      make: (stage) => {
        for (const each of before) each(stage);
        make(stage);
      },
    });
  }

  open(path: string, mode: "read" | "append" | "create", permissions?: number): OpenFile {
    const file = this.#disk.open(path, mode, permissions);
    if (mode === "read") return file;
    const handle = this.#handleCount++;
    const make = ({ disk, files }: Stage) => void files.set(handle, disk.open(path, mode, permissions));
    if (mode === "create") this.see(`create ${path}`, make);
    else this.#unseen.push(make);
    return new RecordingFile(file, path, handle, this);
  }

  stat(path: string): FileStat | undefined {
    return this.#disk.stat(path);
  }

  list(directory: string): DirectoryEntry[] {
    return this.#disk.list(directory);
  }

  realPath(path: string): string {
    return this.#disk.realPath(path);
  }

  makeDirectory(path: string): void {
    this.#both(`make directory ${path}`, (disk) => disk.makeDirectory(path));
  }

  rename(from: string, to: string): void {
    this.#both(`rename ${from} to ${to}`, (disk) => disk.rename(from, to));
  }

  link(existing: string, created: string): void {
    this.#both(`link ${existing} as ${created}`, (disk) => disk.link(existing, created));
  }

  removeFile(path: string): void {
    this.#both(`remove ${path}`, (disk) => disk.removeFile(path));
  }

  removeDirectory(path: string): void {
    this.#both(`remove directory ${path}`, (disk) => disk.removeDirectory(path));
  }

  fsyncDirectory(path: string): Promise<void> {
    return this.#disk.fsyncDirectory(path);
  }

  fsyncDirectorySync(path: string): void {
    this.#disk.fsyncDirectorySync(path);
  }

  lock(path: string, owner: string): HeldLock | RefusedLock {
    const lock = this.#disk.lock(path, owner);
    if (lock.state === "refused") return lock;
    const handle = this.#handleCount++;
    this.see(`lock ${path}`, ({ disk, locks }) => {
      const made = disk.lock(path, owner);
      if (made.state === "held") locks.set(handle, made);
    });
    return {
      ...{ state: lock.state, means: lock.means, note: lock.note, identity: lock.identity },
      writeNote: (line) => {
        lock.writeNote(line);
        this.see(`note in ${path}`, ({ locks }) => locks.get(handle)?.writeNote(line));
      },
      release: () => {
        lock.release();
        this.see(`release ${path}`, ({ locks }) => locks.get(handle)?.release());
      },
    };
  }

  lockState(path: string): LockState {
    return this.#disk.lockState(path);
  }

  uniqueSuffix(): string {
    return this.#disk.uniqueSuffix();
  }

  #both(what: string, make: (disk: SimulatedDisk) => void): void {
    make(this.#disk);
    this.see(what, ({ disk }) => make(disk));
  }
}

class RecordingFile implements OpenFile {
  readonly #file: OpenFile;
  readonly #path: string;
  readonly #handle: number;
  readonly #recording: RecordingDisk;

  constructor(file: OpenFile, path: string, handle: number, recording: RecordingDisk) {
    this.#file = file;
    this.#path = path;
    this.#handle = handle;
    this.#recording = recording;
  }

  readAt(target: Uint8Array, targetOffset: number, byteCount: number, fileOffset: number): number {
    return this.#file.readAt(target, targetOffset, byteCount, fileOffset);
  }

  append(source: Uint8Array, sourceOffset: number, byteCount: number): number {
    const written = this.#file.append(source, sourceOffset, byteCount);
    this.#append(source.slice(sourceOffset, sourceOffset + written));
    return written;
  }

  appendParts(parts: readonly Uint8Array[]): number {
    const written = this.#file.appendParts(parts);
    this.#append(Uint8Array.from(Buffer.concat(parts).subarray(0, written)));
    return written;
  }

  truncate(size: number): void {
    this.#file.truncate(size);
    this.#see(`cut ${this.#path} to ${size} bytes`, (file) => file.truncate(size));
  }

  fsync(): Promise<void> {
    return this.#file.fsync();
  }

  fsyncSync(): void {
    this.#file.fsyncSync();
  }

  stat(): FileStat {
    return this.#file.stat();
  }

  close(): void {
    this.#file.close();
  }

  /** In two halves: to a reader a write is not one event. */
  #append(bytes: Uint8Array): void {
    const middle = bytes.length >> 1;
    for (const half of [bytes.subarray(0, middle), bytes.subarray(middle)]) {
      const what = `append ${half.length} bytes to ${this.#path}`;
      if (half.length > 0) this.#see(what, (file) => file.append(half, 0, half.length));
    }
  }

  #see(what: string, make: (file: OpenFile) => void): void {
    this.#recording.see(what, ({ files }) => make(files.get(this.#handle)!));
  }
}
