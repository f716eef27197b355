import { hashText, mixHashes } from "./content-hash.js";
import { type FileImage, fileImages } from "./file-images.js";
import { type NameChange, SimulatedDirectory, type SimulatedNode, setEntry } from "./simulated-directory.js";
import type { SimulatedFile } from "./simulated-file.js";

/** Numbers from 0 up to 1, 1 excluded, as `Math.random` gives them. Seeded, or a run cannot be told again. */
export type RandomSource = () => number;

/** One state that a power cut may leave of a whole disk. */
export interface CrashTree {
  /** Equal for equal trees: names, contents and inodes. */
  hash: number;
  /** What of the pending changes has survived, a line for each. */
  survived(): string[];
  /** The tree as the next boot finds it, all of it durable. */
  root(): SimulatedDirectory;
}

/** Up to this many pending changes of names, every subset of them is tried; above, some are drawn. */
const EXHAUSTIVE_NAMES = 3;
const DRAWN_SUBSETS = 6;
/** Both extremes of a file and a few in between, however few are wanted. */
const FILE_IMAGES_MIN = 8;

/**
 * The states that a power cut may leave of a tree: any subset of the changes of names since the directories' last
 * syncs, and for each file that is still reachable any of its {@link fileImages}, each independent of the others. Where
 * there are more than `limit` of them, the extremes come first, then each file's images beside the extremes of all
 * others, then a seeded choice. No two have the same hash.
 */
export function* crashTrees(
  root: SimulatedDirectory,
  changes: readonly NameChange[],
  limit: number,
  random: RandomSource,
): Generator<CrashTree> {
  const hashes = new Set<number>();
  const subsets = subsetsOf(changes);
  const limitEach = Math.ceil(limit / subsets.length);
  for (const kept of subsets) {
    const skeleton = new Skeleton(root, changes, kept);
    const limitOfEach = limitOfFile(limitEach, skeleton.files);
    const images = skeleton.files.map((file) => imagesOf(file, limitOfEach));
    for (const choice of choicesOf(images, limitEach, random)) {
      const tree = new Tree(skeleton, choice);
      if (hashes.has(tree.hash)) continue;
      hashes.add(tree.hash);
      yield tree;
      if (hashes.size >= limit) return;
    }
  }
}

/** Few files change between two moments that are asked about: the images of the others are made once. */
const known = new WeakMap<SimulatedFile, { version: number; limit: number; images: FileImage[] }>();

function imagesOf(file: SimulatedFile, limit: number): FileImage[] {
  const { version } = file;
  const last = known.get(file);
  if (last?.version === version && last.limit === limit) return last.images;
  const images = fileImages(file, limit);
  known.set(file, { version, limit, images });
  return images;
}

/** As many as a star of them (below) has room for, so that no file's images leave no room for another's. */
function limitOfFile(limit: number, files: readonly SimulatedFile[]): number {
  const pending = files.filter(({ isPending }) => isPending).length;
  return pending <= 1 ? limit : Math.max(FILE_IMAGES_MIN, Math.floor(limit / (2 * pending)));
}

function subsetsOf(changes: readonly NameChange[]): ReadonlySet<NameChange>[] {
  if (changes.length <= EXHAUSTIVE_NAMES) {
    const masks = Array.from(
      { length: 1 << changes.length },
      (_, index) => (1 << changes.length) - 1 - index,
    );
    return masks.map((mask) => new Set(changes.filter((_, index) => mask & (1 << index))));
  }
  const drawn = Array.from(
    { length: DRAWN_SUBSETS },
    (_, draw) => new Set(changes.filter(({ what }) => hashText(what, draw + 1) % 2 === 0)),
  );
  const single = changes.flatMap((one) => [
    new Set([one]),
    new Set(changes.filter((other) => other !== one)),
  ]);
  return [new Set(changes), new Set<NameChange>(), ...single, ...drawn];
}

/** Draws one image for each file. */
function* choicesOf(images: FileImage[][], limit: number, random: RandomSource): Generator<FileImage[]> {
  const total = images.reduce((product, list) => product * list.length, 1);
  if (total <= limit) {
    yield* allChoices(images, 0, []);
    return;
  }
  let left = limit;
  for (const choice of starChoices(images)) {
    if (left-- <= 0) return;
    yield choice;
  }
  while (left-- > 0) yield images.map((list) => list[Math.floor(random() * list.length)]!);
}

function* allChoices(images: FileImage[][], index: number, chosen: FileImage[]): Generator<FileImage[]> {
  const list = images[index];
  if (!list) {
    yield [...chosen];
    return;
  }
  for (const image of list) {
    chosen[index] = image;
    yield* allChoices(images, index + 1, chosen);
  }
}

/** Each image of each file, all others kept whole; then the same, all others as they are durable. */
function* starChoices(images: FileImage[][]): Generator<FileImage[]> {
  for (const extreme of [0, 1]) {
    const others = images.map((list) => list[extreme] ?? list[0]!);
    for (const [index, list] of images.entries()) {
      for (const image of list) yield others.with(index, image);
    }
  }
}

/** The names of a tree after some of its pending changes, and the files that they lead to. */
class Skeleton {
  readonly files: SimulatedFile[] = [];
  readonly paths: string[] = [];
  readonly namesHash: number;
  readonly root: SimulatedDirectory;
  readonly #changes: readonly NameChange[];
  readonly #kept: ReadonlySet<NameChange>;
  readonly #entries = new Map<SimulatedDirectory, Map<string, SimulatedNode>>();

  constructor(root: SimulatedDirectory, changes: readonly NameChange[], kept: ReadonlySet<NameChange>) {
    this.root = root;
    this.#changes = changes;
    this.#kept = kept;
    for (const change of changes) {
      if (!kept.has(change)) continue;
      for (const { directory, name, node } of change.entries) setEntry(this.entriesOf(directory), name, node);
    }
    this.namesHash = this.#walk(root, "", 0);
  }

  entriesOf(directory: SimulatedDirectory): Map<string, SimulatedNode> {
    let entries = this.#entries.get(directory);
    if (!entries) {
      entries = new Map(directory.durableEntries);
      this.#entries.set(directory, entries);
    }
    return entries;
  }

  survivingNames(): string[] {
    return this.#changes.map((change) => `${this.#kept.has(change) ? "kept" : "lost"}: ${change.what}`);
  }

  #walk(directory: SimulatedDirectory, path: string, hash: number): number {
    let sum = hashText(`${path}/ ${directory.identity}`, hash);
    const entries = this.entriesOf(directory);
    for (const name of [...entries.keys()].sort()) {
      const node = entries.get(name)!;
      sum = hashText(`${path}/${name} ${node.identity}`, sum);
      if (node.kind === "directory") sum = mixHashes(sum, this.#walk(node, `${path}/${name}`, sum));
      else if (!this.files.includes(node)) {
        this.files.push(node);
        this.paths.push(`${path}/${name}`);
      }
    }
    return sum;
  }
}

class Tree implements CrashTree {
  readonly hash: number;
  readonly #skeleton: Skeleton;
  readonly #choice: readonly FileImage[];

  constructor(skeleton: Skeleton, choice: readonly FileImage[]) {
    this.#skeleton = skeleton;
    this.#choice = choice;
    this.hash = choice.reduce((sum, image) => mixHashes(sum, image.hash), skeleton.namesHash);
  }

  survived(): string[] {
    const { files, paths } = this.#skeleton;
    const contents = this.#choice.map(({ survived }, index) => `${paths[index]}: ${survived}`);
    return [...this.#skeleton.survivingNames(), ...contents.filter((_, index) => files[index]!.isPending)];
  }

  root(): SimulatedDirectory {
    return this.#mount(this.#skeleton.root, new Map()) as SimulatedDirectory;
  }

  #mount(node: SimulatedNode, mounted: Map<SimulatedNode, SimulatedNode>): SimulatedNode {
    const known = mounted.get(node);
    if (known) return known;
    const made = node.kind === "directory" ? this.#mountDirectory(node, mounted) : this.#mountFile(node);
    mounted.set(node, made);
    return made;
  }

  #mountDirectory(
    directory: SimulatedDirectory,
    mounted: Map<SimulatedNode, SimulatedNode>,
  ): SimulatedDirectory {
    const entries = new Map<string, SimulatedNode>();
    for (const [name, node] of this.#skeleton.entriesOf(directory))
      entries.set(name, this.#mount(node, mounted));
    return new SimulatedDirectory(directory.identity, directory.mode, entries);
  }

  #mountFile(file: SimulatedFile): SimulatedFile {
    return file.bootedWith(this.#choice[this.#skeleton.files.indexOf(file)]!.bytes);
  }
}
