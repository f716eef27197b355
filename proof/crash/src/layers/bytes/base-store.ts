import { encodeRecord } from "@datawal/format";
import type { Files } from "@datawal/oracle";
import { RecordLog, segmentName } from "@datawal/record-log";
import type { FileSystem } from "@datawal/safeatomic";
import { readFully } from "@datawal/safeatomic/internal";
import { createSimulatedDisk, type SimulatedDisk } from "@datawal/safeatomic/testing";
import { KnownFrames, type WrittenRecord } from "./known-frames.js";

export const STORE = "/store";

/** A store before it is damaged, as its writer closed it. */
export interface BaseStore {
  /** All records, in order. */
  records: readonly WrittenRecord[];
  /** Those of each segment. */
  segments: readonly (readonly WrittenRecord[])[];
  /** The segments' bytes, and nothing else. */
  files: Files;
  known: KnownFrames;
  /** A disk on which the store's segments are these; its sync note is as it was. */
  diskWith(files: Files): SimulatedDisk;
}

/** @param segments the records of each segment; txids from 1. */
export function makeBaseStore(segments: readonly (readonly WrittenRecord[])[]): BaseStore {
  const entries = segments.map((records, index) => [segmentName(index + 1), concatFrames(records)] as const);
  const files = Object.fromEntries(entries);
  const records = segments.flat();
  const mount = mountOf(writtenDisk(segments));
  const diskWith = (damaged: Files) => {
    const disk = mount();
    replaceSegments(disk, files, damaged);
    return disk;
  };
  return { records, segments, files, known: new KnownFrames(records), diskWith };
}

/** Puts other bytes into a store's segments, those which are to differ from what they are. */
export function replaceSegments(disk: SimulatedDisk, present: Files, wanted: Files): void {
  for (const [name, content] of Object.entries(present)) {
    if (wanted[name] !== content) replace(disk, `${STORE}/${name}`, wanted[name]);
  }
}

export function concatFrames(records: readonly WrittenRecord[]): Uint8Array {
  return new Uint8Array(Buffer.concat(records.map((record) => encodeRecord(record))));
}

/**
 * What lies in a store beside its lock file, which changes with each open.
 *
 * @param buffers Arrays to read into, by file name; filled as they are needed.
 */
export function filesOf(fileSystem: FileSystem, buffers?: Map<string, Uint8Array>): Files {
  const names = fileSystem.list(STORE).map(({ name }) => name);
  const others = names.filter((name) => name !== ".lock");
  return Object.fromEntries(others.map((name) => [name, contentOf(fileSystem, name, buffers)]));
}

/** The bytes of one of a store's files. */
export function contentOf(
  fileSystem: FileSystem,
  name: string,
  buffers = new Map<string, Uint8Array>(),
): Uint8Array {
  const file = fileSystem.open(`${STORE}/${name}`, "read");
  const { size } = file.stat();
  const buffer = buffers.get(name);
  const content = buffer?.length === size ? buffer : new Uint8Array(size);
  buffers.set(name, content);
  readFully(file, content, 0, size, 0);
  file.close();
  return content;
}

function writtenDisk(segments: readonly (readonly WrittenRecord[])[]): SimulatedDisk {
  const disk = createSimulatedDisk();
  const log = RecordLog.openSync(STORE, { fileSystem: disk, segmentBytesMax: Number.POSITIVE_INFINITY });
  for (const [index, records] of segments.entries()) {
    if (index > 0) log.rotateSync();
    log.appendMany(records);
  }
  log.closeSync();
  return disk;
}

/** Makes disks that are as this one is. */
export function mountOf(disk: SimulatedDisk): () => SimulatedDisk {
  const [whole] = disk.crashImages({ limit: 1, random: () => 0 });
  if (!whole) throw new Error("a disk has no image");
  return () => whole.mount();
}

/** Puts other bytes into a file, which keeps its inode, or takes it away. */
function replace(disk: SimulatedDisk, path: string, content: Uint8Array | undefined): void {
  if (!content) {
    disk.removeFile(path);
    return;
  }
  const file = disk.open(path, "append");
  file.truncate(0);
  file.append(content, 0, content.length);
  file.close();
}
