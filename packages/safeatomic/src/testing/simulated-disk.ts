import { isAbsolute, normalize, parse, sep } from "node:path";
import { nextTurn } from "../event-loop.js";
import type {
  DirectoryEntry,
  FileStat,
  FileSystem,
  HeldLock,
  LockState,
  OpenFile,
  RefusedLock,
} from "../file-system.js";
import { knownOptions } from "../known-options.js";
import { encodeLockText, parseLockText } from "../lock-text.js";
import { notAFile } from "../safeatomic-error.js";
import { type Identified, isSameFile } from "../same-file.js";
import { systemError } from "../system-error.js";
import { type CrashTree, crashTrees, type RandomSource } from "./crash-images.js";
import {
  type EntryChange,
  type NameChange,
  SimulatedDirectory,
  type SimulatedNode,
} from "./simulated-directory.js";
import { SimulatedFile } from "./simulated-file.js";
import { SimulatedOpenFile } from "./simulated-open-file.js";

export interface SimulatedDiskOptions {
  /** How many turns of the event loop an asynchronous sync takes; 1 when absent. */
  syncTurns?: number | undefined;
  /**
   * Whose refusals it has; `posix` when absent. `windows`: no name is given to a file where an open one has it (`EPERM`),
   * no directory renamed that has an open file below it (`EPERM`), a locked file neither opened, renamed nor removed
   * (`EBUSY`), no lock taken on an open one; the name of a removed file is free only when its last handle is closed.
   */
  platform?: "posix" | "windows" | undefined;
}

/** A disk in memory, as one running process sees it. */
export interface SimulatedDisk extends FileSystem {
  /** The process is killed: its locks are free and its open files closed, while the kernel keeps all it was given. */
  killProcess(): void;
  /** The power is cut at the worst moment: the process is killed, and all that was not synced is lost. */
  cutPower(): void;
  /**
   * The kernel tries to write back what waits of a file, and fails. It takes the bytes for written: they go on being
   * shown, no later sync writes them, and a power cut may lose them. The failure is told once to each open file, by its
   * next sync; if none is open, once to the next that opens it.
   */
  failWriteBack(path: string): void;
  /** The kernel drops what it takes for written: bytes whose write-back failed are shown no more. */
  evict(path: string): void;
  /**
   * The states that a power cut in this moment may leave, no two alike: every subset of the pending changes of names,
   * and of each file the sectors and the size that were, or were not, or were half written. This disk stays as it is.
   */
  crashImages(options: CrashImageOptions): Generator<CrashImage>;
}

export interface CrashImageOptions {
  /** At most so many; the extremes come first. At least 1. */
  limit: number;
  /** Decides what is taken where there are more. From 0 up to 1, as `Math.random`, but seeded. */
  random: RandomSource;
}

/** One state that a power cut may leave. */
export interface CrashImage {
  /** A number of 53 bits, equal for equal names, contents and inodes. */
  readonly hash: number;
  /** What of the pending changes has survived, a line for each. */
  survived(): string[];
  /** The disk as the next boot finds it. A new one with every call. */
  mount(): SimulatedDisk;
}

/**
 * Makes an empty disk in memory that behaves as a Linux file system does, error codes included, and the same in every
 * run: suffixes are counted, listings sorted, a new file gets the lowest free inode number. It holds no links.
 */
export function createSimulatedDisk(options: SimulatedDiskOptions = {}): SimulatedDisk {
  const known = knownOptions(options, { syncTurns: true, platform: true });
  return new Disk(known, new SimulatedDirectory("1:1:1"), new Map());
}

/** The removal of a name that waits for the last handle of its file. */
interface Removal {
  path: string;
  parent: SimulatedDirectory;
  name: string;
  node: SimulatedNode;
}

class Disk implements SimulatedDisk {
  readonly #root: SimulatedDirectory;
  readonly #openFiles = new Set<SimulatedOpenFile>();
  readonly #locks = new Set<HeldLock>();
  readonly #options: SimulatedDiskOptions;
  /** Names whose files are open: see `SimulatedDiskOptions.platform`. */
  readonly #removals = new Set<Removal>();
  /** Changes of names that are not yet on the disk, oldest first. */
  #changes: NameChange[] = [];
  /** How many files have had each inode number: what stands for the birth time of its last one. */
  readonly #births: Map<number, number>;
  #suffixCount = 0;
  #processCount = 1;

  constructor(options: SimulatedDiskOptions, root: SimulatedDirectory, births: ReadonlyMap<number, number>) {
    this.#options = options;
    this.#root = root;
    this.#births = new Map(births);
    countLinks(root);
  }

  open(path: string, mode: "read" | "append" | "create", permissions = 0o644): OpenFile {
    const file = mode === "create" ? this.#create(path, permissions) : this.#file(path);
    this.#refuseLocked(file, path);
    const opened = new SimulatedOpenFile(
      file,
      mode !== "read",
      (turns) => this.#syncDelay(turns),
      () => {
        this.#openFiles.delete(opened);
        this.#finishRemovals();
      },
    );
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
    return normalize(path);
  }

  makeDirectory(path: string, permissions?: number): void {
    const { parent, name } = this.#freeName(path);
    const made = new SimulatedDirectory(this.#nextIdentity(), permissions);
    this.#change(`make directory ${path}`, [{ directory: parent, name, node: made }]);
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
    this.#refuseLocked(moved, from);
    if (replaced && this.#isOpen(replaced)) throw systemError("EPERM", `rename: ${to} is open`);
    if (moved.kind === "directory" && [...nodesBelow(moved)].some((node) => this.#isOpen(node)))
      throw systemError("EPERM", `rename: a file below ${from} is open`);
    this.#change(`rename ${from} to ${to}`, [
      { directory: source.parent, name: source.name, node: undefined },
      { directory: target.parent, name: target.name, node: moved },
    ]);
  }

  link(existing: string, created: string): void {
    const node = this.#node(existing);
    const { parent, name } = this.#freeName(created);
    if (node.kind === "directory") throw systemError("EPERM", `link: ${existing} is a directory`);
    this.#change(`link ${existing} as ${created}`, [{ directory: parent, name, node }]);
  }

  removeFile(path: string): void {
    const node = this.#node(path);
    const { parent, name } = this.#place(path);
    if (node.kind === "directory") throw systemError("EISDIR", `removeFile: ${path} is a directory`);
    this.#refuseLocked(node, path);
    if (this.#isOpen(node)) this.#removals.add({ path, parent, name, node });
    else this.#change(`remove ${path}`, [{ directory: parent, name, node: undefined }]);
  }

  removeDirectory(path: string): void {
    const directory = this.#directory(path);
    const { parent, name } = this.#place(path);
    if (!directory.isEmpty) throw systemError("ENOTEMPTY", `removeDirectory: ${path} is not empty`);
    this.#change(`remove directory ${path}`, [{ directory: parent, name, node: undefined }]);
  }

  async fsyncDirectory(path: string): Promise<void> {
    const directory = this.#directory(path);
    const changes = this.#changesIn(directory);
    await this.#syncDelay();
    this.#makeDurable(changes);
  }

  fsyncDirectorySync(path: string): void {
    this.#makeDurable(this.#changesIn(this.#directory(path)));
  }

  lock(path: string, owner: string): HeldLock | RefusedLock {
    const file = this.#find(path) ? this.#file(path) : this.#create(path, 0o644);
    const text = parseLockText(file.bytes());
    if (file.isLocked || this.#isOpen(file)) {
      const { releasing } = file;
      const owner = this.#isWindows ? "" : text.owner;
      return { state: "refused", owner, holder: file.isLocked ? "this process" : undefined, releasing };
    }
    const isLinked = file.links > 1;
    if (!isLinked) file.replaceText(encodeLockText({ owner, note: text.note }));
    file.isLocked = true;
    const held = new SimulatedLock(file, owner, text.note, isLinked, this.#isWindows, () =>
      this.#locks.delete(held),
    );
    this.#locks.add(held);
    return held;
  }

  lockState(path: string): LockState {
    if (!this.#find(path)) return { state: "free", owner: "" };
    const file = this.#file(path);
    if (!file.isLocked) return { state: "free", owner: parseLockText(file.bytes()).owner };
    return { state: "held", owner: this.#isWindows ? "" : parseLockText(file.bytes()).owner };
  }

  uniqueSuffix(): string {
    this.#suffixCount += 1;
    return String(this.#suffixCount);
  }

  killProcess(): void {
    for (const file of this.#openFiles) file.kill();
    for (const lock of this.#locks) lock.release();
    this.#openFiles.clear();
    this.#finishRemovals();
    this.#processCount += 1;
  }

  cutPower(): void {
    this.killProcess();
    this.#changes = [];
    this.#root.loseUnsynced();
    countLinks(this.#root);
  }

  failWriteBack(path: string): void {
    this.#file(path).failWriteBack();
  }

  evict(path: string): void {
    this.#file(path).evict();
  }

  *crashImages({ limit, random }: CrashImageOptions): Generator<CrashImage> {
    for (const tree of crashTrees(this.#root, this.#changes, limit, random)) {
      yield new Image(tree, this.#options, this.#births);
    }
  }

  get #isWindows(): boolean {
    return this.#options.platform === "windows";
  }

  /** Whether Windows takes a file for one that somebody has open. */
  #isOpen(node: SimulatedNode): boolean {
    if (!this.#isWindows || node.kind === "directory") return false;
    return node.isLocked || [...this.#openFiles].some((open) => isSameFile(open, node));
  }

  #refuseLocked(node: SimulatedNode, path: string): void {
    if (this.#isWindows && node.kind === "file" && node.isLocked)
      throw systemError("EBUSY", `${path} is locked`);
  }

  /** A name that is to go when the last handle of its file is closed is shown until then, and leads to nothing. */
  #finishRemovals(): void {
    for (const removal of this.#removals) {
      if (this.#isOpen(removal.node)) continue;
      this.#removals.delete(removal);
      const { path, parent, name, node } = removal;
      if (parent.find(name) === node)
        this.#change(`remove ${path}`, [{ directory: parent, name, node: undefined }]);
    }
  }

  /** Shown at once, on the disk when a directory that it concerns is synced. */
  #change(what: string, entries: readonly EntryChange[]): void {
    for (const { directory, name, node } of entries) {
      const before = directory.find(name);
      if (before?.kind === "file") before.links--;
      if (node?.kind === "file") node.links++;
      directory.change(name, node);
    }
    this.#changes.push({ what, entries });
  }

  #changesIn(directory: SimulatedDirectory): NameChange[] {
    return this.#changes.filter(({ entries }) => entries.some((entry) => entry.directory === directory));
  }

  #makeDurable(changes: readonly NameChange[]): void {
    for (const change of changes) {
      if (!this.#changes.includes(change)) continue;
      for (const { directory, name, node } of change.entries) directory.makeDurable(name, node);
    }
    this.#changes = this.#changes.filter((change) => !changes.includes(change));
  }

  /** Takes the time that a sync takes; one that a killed process has begun comes to nothing. */
  async #syncDelay(turns = this.#options.syncTurns ?? 1): Promise<void> {
    const process = this.#processCount;
    for (let turn = 0; turn < turns; turn += 1) {
      await nextTurn();
    }
    if (process !== this.#processCount) throw systemError("EBADF", "the process was killed during this sync");
  }

  #nextIdentity(): string {
    const used = new Set([1]);
    const add = ({ identity }: Identified) => used.add(inodeNumber(identity));
    for (const node of nodesBelow(this.#root)) add(node);
    for (const { entries } of this.#changes) for (const { node } of entries) if (node) add(node);
    for (const held of [...this.#openFiles, ...this.#locks]) add(held);
    let inode = 2;
    while (used.has(inode)) inode++;
    const birth = (this.#births.get(inode) ?? 0) + 1;
    this.#births.set(inode, birth);
    return `1:${inode}:${birth}`;
  }

  #create(path: string, permissions: number): SimulatedFile {
    const { parent, name } = this.#freeName(path);
    const file = new SimulatedFile(this.#nextIdentity(), permissions);
    this.#change(`create ${path}`, [{ directory: parent, name, node: file }]);
    return file;
  }

  #file(path: string): SimulatedFile {
    const node = this.#node(path);
    if ([...this.#removals].some((removal) => removal.node === node))
      throw systemError("EPERM", `${path} is being removed`);
    if (node.kind === "directory") throw notAFile(path, node.kind);
    return node;
  }

  #directory(path: string): SimulatedDirectory {
    const node = this.#node(path);
    if (node.kind === "file") throw systemError("ENOTDIR", `${path} is a file`);
    return node;
  }

  #node(path: string): SimulatedNode {
    return this.#walk(partsOf(path), path);
  }

  #walk(parts: readonly string[], path: string): SimulatedNode {
    let node: SimulatedNode = this.#root;
    for (const name of parts) {
      if (node.kind === "file") throw systemError("ENOTDIR", `${path} leads through a file`);
      const next = node.find(name);
      if (!next) throw systemError("ENOENT", `${path} does not exist`);
      node = next;
    }
    return node;
  }

  #find(path: string): SimulatedNode | undefined {
    let node: SimulatedNode | undefined = this.#root;
    for (const name of partsOf(path)) node = node?.kind === "directory" ? node.find(name) : undefined;
    return node;
  }

  #place(path: string): { parent: SimulatedDirectory; name: string } {
    const parts = partsOf(path);
    const name = parts.at(-1);
    if (name === undefined) throw systemError("EBUSY", "the root stays where it is");
    const parent = this.#walk(parts.slice(0, -1), path);
    if (parent.kind === "file") throw systemError("ENOTDIR", `${path} leads through a file`);
    return { parent, name };
  }

  #freeName(path: string): { parent: SimulatedDirectory; name: string } {
    const place = this.#place(path);
    if (place.parent.find(place.name)) throw systemError("EEXIST", `${path} exists`);
    return place;
  }
}

class Image implements CrashImage {
  readonly hash: number;
  readonly #tree: CrashTree;
  readonly #options: SimulatedDiskOptions;
  readonly #births: ReadonlyMap<number, number>;

  constructor(tree: CrashTree, options: SimulatedDiskOptions, births: ReadonlyMap<number, number>) {
    this.#tree = tree;
    this.#options = options;
    this.#births = new Map(births);
    this.hash = tree.hash;
  }

  survived(): string[] {
    return this.#tree.survived();
  }

  mount(): SimulatedDisk {
    return new Disk(this.#options, this.#tree.root(), this.#births);
  }
}

class SimulatedLock implements HeldLock {
  readonly state = "held";
  readonly means = "simulated";
  readonly identity: string;
  readonly note: string;
  readonly isLinked: boolean;
  readonly pinsFile: boolean;
  readonly #file: SimulatedFile;
  readonly #owner: string;
  readonly #onRelease: () => void;
  #isReleased = false;

  constructor(
    file: SimulatedFile,
    owner: string,
    note: string,
    isLinked: boolean,
    pinsFile: boolean,
    onRelease: () => void,
  ) {
    this.#file = file;
    this.pinsFile = pinsFile;
    this.identity = file.identity;
    this.isLinked = isLinked;
    this.#owner = owner;
    this.note = note;
    this.#onRelease = onRelease;
  }

  writeNote(line: string): void {
    if (this.#isReleased) throw systemError("EBADF", "this lock has been released");
    if (!this.isLinked) this.#file.replaceText(encodeLockText({ owner: this.#owner, note: line }));
  }

  announceRelease(released: Promise<unknown>): void {
    if (!this.#isReleased) this.#file.releasing = released;
  }

  release(): void {
    if (this.#isReleased) return;
    this.#isReleased = true;
    this.#file.isLocked = false;
    this.#file.releasing = undefined;
    this.#onRelease();
  }
}

function* nodesBelow(directory: SimulatedDirectory): Generator<SimulatedNode> {
  for (const node of directory.nodes()) {
    yield node;
    if (node.kind === "directory") yield* nodesBelow(node);
  }
}

function inodeNumber(identity: string): number {
  return Number(identity.split(":")[1]);
}

/** Counts the names of each file anew. */
function countLinks(root: SimulatedDirectory): void {
  for (const node of nodesBelow(root)) if (node.kind === "file") node.links = 0;
  for (const node of nodesBelow(root)) if (node.kind === "file") node.links++;
}

/** Paths that were divided before: a program asks for a few of them again and again. */
const divided = new Map<string, readonly string[]>();
const DIVIDED_MAX = 1000;

function partsOf(path: string): readonly string[] {
  const known = divided.get(path);
  if (known) return known;
  if (!isAbsolute(path)) throw new TypeError(`expected an absolute path, got ${JSON.stringify(path)}`);
  // Whatever drive the host's own path names: there is one root.
  const inside = normalize(path).slice(parse(path).root.length);
  const parts = inside.split(sep).filter((part) => part !== "");
  if (divided.size === DIVIDED_MAX) divided.clear();
  divided.set(path, parts);
  return parts;
}

function isInside(path: string, directory: string): boolean {
  const [parts, above] = [partsOf(path), partsOf(directory)];
  return parts.length > above.length && above.every((part, index) => part === parts[index]);
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
