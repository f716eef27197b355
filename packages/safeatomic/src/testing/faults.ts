import type {
  DirectoryEntry,
  FileStat,
  FileSystem,
  HeldLock,
  LockState,
  OpenFile,
  RefusedLock,
} from "../file-system.js";
import { systemError } from "../system-error.js";

/** A call of the port, before it is made. */
export interface PortCall {
  /** Position among all calls of this file system, from 0. */
  index: number;
  /** The port's member; `file.` those of an open file, `lock.` those of a held lock. */
  operation: PortOperation;
  /** What the call is about; for an open file or a lock, the path it was opened by. */
  path: string;
  /** The new name, of a rename or a link. */
  to?: string;
  /** Asked for, of a read or a write. */
  byteCount?: number;
}

export type PortOperation =
  | Exclude<keyof FileSystem, "uniqueSuffix">
  | `file.${keyof OpenFile}`
  | `lock.${"writeNote" | "release"}`;

/**
 * What happens instead of the call: the system error of that name; only the first `count` bytes of the read or write;
 * or the end of the process, in which neither this call nor any later one does anything but throw {@link StoppedError}.
 */
export type Fault = { errno: string } | { count: number } | "stop";

/** Thrown by every call once the process is taken for dead: code under test has to let it through. */
export class StoppedError extends Error {
  override readonly name = "StoppedError";
}

export interface FaultyFileSystem extends FileSystem {
  /** Calls made so far, `uniqueSuffix` not counted. */
  readonly callCount: number;
  /** Files open now: the same before and after, or a descriptor has leaked. */
  readonly openFileCount: number;
  readonly heldLockCount: number;
}

/**
 * A file system whose calls fail as told. To try every failure of an operation: count its calls without a fault,
 * then run it again for each index, with the fault at that index.
 *
 * @param decide Asked before each call; nothing returned means that the call is made as it is. It may do more, such as
 *   abort a signal at the k-th call. A `close` or `release` that is to fail still closes, as the kernel does.
 */
export function withFaults(
  fileSystem: FileSystem,
  decide: (call: PortCall) => Fault | undefined | void,
): FaultyFileSystem {
  return new Faulty(fileSystem, decide);
}

type Decide = (call: PortCall) => Fault | undefined | void;
type CallFacts = Omit<PortCall, "index">;

/** Counts the calls and asks for a fault before each. */
class Gate {
  callCount = 0;
  openFileCount = 0;
  heldLockCount = 0;
  #isStopped = false;
  readonly #decide: Decide;

  constructor(decide: Decide) {
    this.#decide = decide;
  }

  /** Lets a call pass, or throws its fault. */
  pass(facts: CallFacts): void {
    const count = this.passCount(facts);
    if (count !== undefined)
      throw new TypeError(`expected a fault that ${facts.operation} can have, got a count`);
  }

  /** Lets a read or a write pass; returns how many bytes of it, if not all. */
  passCount(facts: CallFacts): number | undefined {
    this.refuseIfStopped();
    const fault = this.#decide({ index: this.callCount++, ...facts });
    if (fault === "stop") this.#isStopped = true;
    this.refuseIfStopped();
    if (!fault || fault === "stop") return undefined;
    if ("count" in fault) return fault.count;
    throw systemError(fault.errno, `injected into ${facts.operation} ${facts.path}`);
  }

  /** What closes and releases does so even when it fails; only a dead process does nothing. */
  passEnd(facts: CallFacts, end: () => void): void {
    try {
      this.pass(facts);
    } catch (error) {
      if (!this.#isStopped) end();
      throw error;
    }
    end();
  }

  refuseIfStopped(): void {
    if (this.#isStopped) throw new StoppedError("the process has been stopped");
  }

  /** A sync that was under way when the process died is heard of by nobody. */
  async passSync(facts: CallFacts, sync: () => Promise<void>): Promise<void> {
    this.pass(facts);
    await sync();
    this.refuseIfStopped();
  }
}

class Faulty implements FaultyFileSystem {
  readonly #inner: FileSystem;
  readonly #gate: Gate;

  constructor(inner: FileSystem, decide: Decide) {
    this.#inner = inner;
    this.#gate = new Gate(decide);
  }

  get callCount(): number {
    return this.#gate.callCount;
  }

  get openFileCount(): number {
    return this.#gate.openFileCount;
  }

  get heldLockCount(): number {
    return this.#gate.heldLockCount;
  }

  open(path: string, mode: "read" | "append" | "create", permissions?: number): OpenFile {
    this.#gate.pass({ operation: "open", path });
    return new FaultyOpenFile(this.#inner.open(path, mode, permissions), path, this.#gate);
  }

  stat(path: string): FileStat | undefined {
    this.#gate.pass({ operation: "stat", path });
    return this.#inner.stat(path);
  }

  list(path: string): DirectoryEntry[] {
    this.#gate.pass({ operation: "list", path });
    return this.#inner.list(path);
  }

  realPath(path: string): string {
    this.#gate.pass({ operation: "realPath", path });
    return this.#inner.realPath(path);
  }

  makeDirectory(path: string, permissions?: number): void {
    this.#gate.pass({ operation: "makeDirectory", path });
    this.#inner.makeDirectory(path, permissions);
  }

  rename(path: string, to: string): void {
    this.#gate.pass({ operation: "rename", path, to });
    this.#inner.rename(path, to);
  }

  link(path: string, to: string): void {
    this.#gate.pass({ operation: "link", path, to });
    this.#inner.link(path, to);
  }

  removeFile(path: string): void {
    this.#gate.pass({ operation: "removeFile", path });
    this.#inner.removeFile(path);
  }

  removeDirectory(path: string): void {
    this.#gate.pass({ operation: "removeDirectory", path });
    this.#inner.removeDirectory(path);
  }

  fsyncDirectory(path: string): Promise<void> {
    return this.#gate.passSync({ operation: "fsyncDirectory", path }, () => this.#inner.fsyncDirectory(path));
  }

  fsyncDirectorySync(path: string): void {
    this.#gate.pass({ operation: "fsyncDirectorySync", path });
    this.#inner.fsyncDirectorySync(path);
  }

  readLink(path: string): string {
    this.#gate.pass({ operation: "readLink", path });
    return this.#inner.readLink?.(path) ?? this.#inner.realPath(path);
  }

  freeBytes(path: string): number {
    this.#gate.pass({ operation: "freeBytes", path });
    return this.#inner.freeBytes?.(path) ?? Infinity;
  }

  requireDirectory(path: string): void {
    this.#gate.pass({ operation: "requireDirectory", path });
    this.#inner.requireDirectory?.(path);
  }

  lock(path: string, owner: string): HeldLock | RefusedLock {
    this.#gate.pass({ operation: "lock", path });
    const lock = this.#inner.lock(path, owner);
    return lock.state === "held" ? new FaultyLock(lock, path, this.#gate) : lock;
  }

  lockState(path: string): LockState {
    this.#gate.pass({ operation: "lockState", path });
    return this.#inner.lockState(path);
  }

  uniqueSuffix(): string {
    return this.#inner.uniqueSuffix();
  }
}

class FaultyOpenFile implements OpenFile {
  readonly copyOwner?: (from: string) => number;
  readonly chmod?: (mode: number) => void;
  readonly #inner: OpenFile;
  readonly #path: string;
  readonly #gate: Gate;
  #isOpen = true;

  constructor(inner: OpenFile, path: string, gate: Gate) {
    this.#inner = inner;
    this.#path = path;
    this.#gate = gate;
    gate.openFileCount += 1;
    const { copyOwner, chmod } = inner;
    if (copyOwner) {
      this.copyOwner = (from) => {
        this.#pass("file.copyOwner");
        return copyOwner.call(inner, from);
      };
    }
    if (chmod) {
      this.chmod = (mode) => {
        this.#pass("file.chmod");
        chmod.call(inner, mode);
      };
    }
  }

  readAt(target: Uint8Array, targetOffset: number, byteCount: number, fileOffset: number): number {
    const count = this.#gate.passCount({ operation: "file.readAt", path: this.#path, byteCount });
    return this.#inner.readAt(target, targetOffset, count ?? byteCount, fileOffset);
  }

  append(source: Uint8Array, sourceOffset: number, byteCount: number): number {
    const count = this.#gate.passCount({ operation: "file.append", path: this.#path, byteCount });
    return this.#inner.append(source, sourceOffset, count ?? byteCount);
  }

  appendParts(parts: readonly Uint8Array[]): number {
    const byteCount = parts.reduce((sum, part) => sum + part.length, 0);
    const count = this.#gate.passCount({ operation: "file.appendParts", path: this.#path, byteCount });
    return this.#inner.appendParts(count === undefined ? parts : firstBytes(parts, count));
  }

  truncate(size: number): void {
    this.#pass("file.truncate");
    this.#inner.truncate(size);
  }

  fsync(): Promise<void> {
    return this.#gate.passSync({ operation: "file.fsync", path: this.#path }, () => this.#inner.fsync());
  }

  fsyncSync(): void {
    this.#pass("file.fsyncSync");
    this.#inner.fsyncSync();
  }

  stat(): FileStat {
    this.#pass("file.stat");
    return this.#inner.stat();
  }

  close(): void {
    this.#gate.passEnd({ operation: "file.close", path: this.#path }, () => {
      this.#inner.close();
      if (this.#isOpen) this.#gate.openFileCount -= 1;
      this.#isOpen = false;
    });
  }

  #pass(operation: PortOperation): void {
    this.#gate.pass({ operation, path: this.#path });
  }
}

class FaultyLock implements HeldLock {
  readonly state = "held";
  readonly means: string;
  readonly note: string;
  readonly identity: string;
  readonly isLinked: boolean;
  readonly pinsFile: boolean;
  readonly #inner: HeldLock;
  readonly #path: string;
  readonly #gate: Gate;
  #isHeld = true;

  constructor(inner: HeldLock, path: string, gate: Gate) {
    this.means = inner.means;
    this.note = inner.note;
    this.identity = inner.identity;
    this.isLinked = inner.isLinked ?? false;
    this.pinsFile = inner.pinsFile ?? false;
    this.#inner = inner;
    this.#path = path;
    this.#gate = gate;
    gate.heldLockCount += 1;
  }

  writeNote(line: string): void {
    this.#gate.pass({ operation: "lock.writeNote", path: this.#path });
    this.#inner.writeNote(line);
  }

  announceRelease(released: Promise<unknown>): void {
    this.#inner.announceRelease?.(released);
  }

  release(): void {
    this.#gate.passEnd({ operation: "lock.release", path: this.#path }, () => {
      this.#inner.release();
      if (this.#isHeld) this.#gate.heldLockCount -= 1;
      this.#isHeld = false;
    });
  }
}

function firstBytes(parts: readonly Uint8Array[], count: number): Uint8Array[] {
  let left = count;
  return parts.map((part) => {
    const taken = part.subarray(0, left);
    left -= taken.length;
    return taken;
  });
}
