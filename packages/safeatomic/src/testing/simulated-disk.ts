import { posix } from "node:path";
import type {
  DirectoryEntry,
  FileStat,
  FileSystem,
  HeldLock,
  LockState,
  OpenFile,
  RefusedLock,
} from "../file-system.js";
import { encodeLockText, parseLockText } from "../lock-text.js";
import { notAFile } from "../safeatomic-error.js";
import { systemError } from "../system-error.js";
import { SimulatedDirectory, type SimulatedNode } from "./simulated-directory.js";
import { SimulatedFile, SimulatedOpenFile } from "./simulated-file.js";

export interface SimulatedDiskOptions {
  /** How many turns of the event loop an asynchronous sync takes; 1 when absent. */
  syncTurns?: number | undefined;
}

/** A disk in memory, as one running process sees it. */
export interface SimulatedDisk extends FileSystem {
  /** The process is killed: its locks are free and its open files closed, while the kernel keeps all it was given. */
  killProcess(): void;
  /** The power is cut at the worst moment: the process is killed, and all that was not synced is lost. */
  cutPower(): void;
}

/**
 * Makes an empty disk in memory that behaves as a Linux file system does, error codes included, and the same in every
 * run: suffixes and inode numbers are counted, listings sorted. It holds no links.
 */
export function createSimulatedDisk({ syncTurns = 1 }: SimulatedDiskOptions = {}): SimulatedDisk {
  return new Disk(syncTurns);
}

class Disk implements SimulatedDisk {
  readonly #root = new SimulatedDirectory("1:1");
  readonly #openFiles = new Set<SimulatedOpenFile>();
  readonly #locks = new Set<HeldLock>();
  readonly #syncTurns: number;
  #inodeCount = 1;
  #suffixCount = 0;
  #processCount = 1;

  constructor(syncTurns: number) {
    this.#syncTurns = syncTurns;
  }

  open(path: string, mode: "read" | "append" | "create", permissions = 0o644): OpenFile {
    const file = mode === "create" ? this.#create(path, permissions) : this.#file(path);
    const opened = new SimulatedOpenFile(file, mode !== "read", () => this.#syncDelay());
    this.#openFiles.add(opened);
    return opened;
  }

  stat(path: string): FileStat | undefined {
    return this.#find(path)?.stat();
  }

  list(directory: string): DirectoryEntry[] {
    return this.#directory(directory).list();
  }

  realPath(path: string): string {
    this.#node(path);
    return posix.normalize(path);
  }

  makeDirectory(path: string): void {
    const { parent, name } = this.#freeName(path);
    parent.put(name, new SimulatedDirectory(this.#nextIdentity()));
  }

  rename(from: string, to: string): void {
    const source = this.#place(from);
    const target = this.#place(to);
    const moved = this.#node(from);
    const replaced = target.parent.find(target.name);
    if (moved === replaced) return;
    if (isInside(to, from)) throw systemError("EINVAL", `rename: ${to} lies inside of ${from}`);
    if (isInside(from, to)) throw systemError("ENOTEMPTY", `rename: ${from} lies inside of ${to}`);
    if (replaced) checkReplacement(moved, replaced, to);
    source.parent.remove(source.name);
    target.parent.put(target.name, moved);
  }

  link(existing: string, created: string): void {
    const node = this.#node(existing);
    const { parent, name } = this.#freeName(created);
    if (node.kind === "directory") throw systemError("EPERM", `link: ${existing} is a directory`);
    parent.put(name, node);
  }

  removeFile(path: string): void {
    const node = this.#node(path);
    const { parent, name } = this.#place(path);
    if (node.kind === "directory") throw systemError("EISDIR", `removeFile: ${path} is a directory`);
    parent.remove(name);
  }

  removeDirectory(path: string): void {
    const directory = this.#directory(path);
    const { parent, name } = this.#place(path);
    if (!directory.isEmpty) throw systemError("ENOTEMPTY", `removeDirectory: ${path} is not empty`);
    parent.remove(name);
  }

  async fsyncDirectory(path: string): Promise<void> {
    const directory = this.#directory(path);
    await this.#syncDelay();
    directory.sync();
  }

  fsyncDirectorySync(path: string): void {
    this.#directory(path).sync();
  }

  lock(path: string, owner: string): HeldLock | RefusedLock {
    const file = this.#find(path) ? this.#file(path) : this.#create(path, 0o644);
    const text = parseLockText(file.bytes());
    if (file.isLocked) return { state: "refused", owner: text.owner };
    file.replaceText(encodeLockText({ owner, note: text.note }));
    file.isLocked = true;
    const held = new SimulatedLock(file, owner, text.note, () => this.#locks.delete(held));
    this.#locks.add(held);
    return held;
  }

  lockState(path: string): LockState {
    if (!this.#find(path)) return { state: "free", owner: "" };
    const file = this.#file(path);
    return { state: file.isLocked ? "held" : "free", owner: parseLockText(file.bytes()).owner };
  }

  uniqueSuffix(): string {
    this.#suffixCount += 1;
    return String(this.#suffixCount);
  }

  killProcess(): void {
    for (const file of this.#openFiles) file.kill();
    for (const lock of this.#locks) lock.release();
    this.#openFiles.clear();
    this.#processCount += 1;
  }

  cutPower(): void {
    this.killProcess();
    this.#root.loseUnsynced();
  }

  /** Takes the time that a sync takes; one that a killed process has begun comes to nothing. */
  async #syncDelay(): Promise<void> {
    const process = this.#processCount;
    for (let turn = 0; turn < this.#syncTurns; turn += 1) {
      await new Promise((resolve) => setImmediate(resolve));
    }
    if (process !== this.#processCount) throw systemError("EBADF", "the process was killed during this sync");
  }

  #nextIdentity(): string {
    this.#inodeCount += 1;
    return `1:${this.#inodeCount}`;
  }

  #create(path: string, permissions: number): SimulatedFile {
    const { parent, name } = this.#freeName(path);
    const file = new SimulatedFile(this.#nextIdentity(), permissions);
    parent.put(name, file);
    return file;
  }

  #file(path: string): SimulatedFile {
    const node = this.#node(path);
    if (node.kind === "directory") throw notAFile(path, node.kind);
    return node;
  }

  #directory(path: string): SimulatedDirectory {
    const node = this.#node(path);
    if (node.kind === "file") throw systemError("ENOTDIR", `${path} is a file`);
    return node;
  }

  #node(path: string): SimulatedNode {
    let node: SimulatedNode = this.#root;
    for (const name of partsOf(path)) {
      if (node.kind === "file") throw systemError("ENOTDIR", `${path} leads through a file`);
      const next = node.find(name);
      if (!next) throw systemError("ENOENT", `${path} does not exist`);
      node = next;
    }
    return node;
  }

  #find(path: string): SimulatedNode | undefined {
    const parent = path === "/" ? undefined : this.#find(posix.dirname(path));
    if (path === "/") return this.#root;
    return parent?.kind === "directory" ? parent.find(posix.basename(path)) : undefined;
  }

  #place(path: string): { parent: SimulatedDirectory; name: string } {
    if (partsOf(path).length === 0) throw systemError("EBUSY", "the root stays where it is");
    return { parent: this.#directory(posix.dirname(path)), name: posix.basename(path) };
  }

  #freeName(path: string): { parent: SimulatedDirectory; name: string } {
    const place = this.#place(path);
    if (place.parent.find(place.name)) throw systemError("EEXIST", `${path} exists`);
    return place;
  }
}

class SimulatedLock implements HeldLock {
  readonly state = "held";
  readonly means = "simulated";
  readonly note: string;
  readonly #file: SimulatedFile;
  readonly #owner: string;
  readonly #onRelease: () => void;
  #isReleased = false;

  constructor(file: SimulatedFile, owner: string, note: string, onRelease: () => void) {
    this.#file = file;
    this.#owner = owner;
    this.note = note;
    this.#onRelease = onRelease;
  }

  get identity(): string {
    return this.#file.identity;
  }

  writeNote(line: string): void {
    if (this.#isReleased) throw systemError("EBADF", "this lock has been released");
    this.#file.replaceText(encodeLockText({ owner: this.#owner, note: line }));
  }

  release(): void {
    if (this.#isReleased) return;
    this.#isReleased = true;
    this.#file.isLocked = false;
    this.#onRelease();
  }
}

function partsOf(path: string): string[] {
  if (!path.startsWith("/")) throw new TypeError(`expected an absolute path, got ${JSON.stringify(path)}`);
  return posix
    .normalize(path)
    .split("/")
    .filter((part) => part !== "");
}

function isInside(path: string, directory: string): boolean {
  return posix.normalize(path).startsWith(`${posix.normalize(directory)}/`);
}

/** What a rename may replace: a file by a file, an empty directory by a directory. */
function checkReplacement(moved: SimulatedNode, replaced: SimulatedNode, to: string): void {
  if (moved.kind === "directory" && replaced.kind === "file")
    throw systemError("ENOTDIR", `rename: ${to} is a file`);
  if (moved.kind === "file" && replaced.kind === "directory")
    throw systemError("EISDIR", `rename: ${to} is a directory`);
  if (replaced.kind === "directory" && !replaced.isEmpty)
    throw systemError("ENOTEMPTY", `rename: ${to} is not empty`);
}
