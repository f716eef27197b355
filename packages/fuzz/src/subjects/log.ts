import { decodeGroupHead } from "@datawal/format";
import { isRecordLogError, type LogRecord, RecordLog, RecordLogReader } from "@datawal/record-log";
import type { FileSystem } from "@datawal/safeatomic";
import { createSimulatedDisk } from "@datawal/safeatomic/testing";
import type { DamageableLog } from "../laws/damage.js";
import type { LogPlace, LogReaderUnderTest, LogWriterUnderTest } from "../machines/log-machine.js";
import { openAfterCrash, SimulatedPower } from "./simulated-power.js";

/** Small, so that programs come to several segments. */
const SEGMENT_BYTES_MAX = 2_000;

const withoutHeads = (records: Iterable<LogRecord>) =>
  Array.from(records).filter((record) => decodeGroupHead(record) === undefined);

/** `RecordLog` as what the laws ask for. */
export async function recordLog(
  dir: string,
  fileSystem: FileSystem,
  recover?: "prefix" | "strict",
): Promise<LogWriterUnderTest> {
  const log = await RecordLog.open(dir, { fileSystem, segmentBytesMax: SEGMENT_BYTES_MAX, recover });
  return {
    append: ({ type, key, payload }) => log.appendRecord(type, key, payload).txid,
    appendMany: (records) => log.appendMany(records).map(({ txid }) => txid),
    appendGroup: (records) => log.appendGroup(records).map(({ txid }) => txid),
    fsync: () => log.fsync(),
    rotate: () => log.rotate(),
    drop: () => log.dropSegmentsBefore(log.activeSegment),
    records: () => withoutHeads(log.scan()),
    close: () => log.close(),
  };
}

/** `RecordLogReader`, and its `follow`, as what the laws ask for. */
export async function recordLogReader(dir: string, fileSystem: FileSystem): Promise<LogReaderUnderTest> {
  const reader = await RecordLogReader.open(dir, { fileSystem });
  const following = await RecordLogReader.open(dir, { fileSystem });
  let followed: LogRecord[] = [];
  let failure: unknown;
  const follow = async () => {
    const onReset = () => {
      followed = [];
    };
    for await (const record of following.follow({ pollMs: 1, onReset })) followed.push(record);
  };
  const end = follow().catch((error) => {
    failure = error;
  });
  return {
    refresh: () => reader.refresh(),
    records: () => withoutHeads(reader.scan()),
    followed: () => {
      if (failure !== undefined) throw failure;
      return withoutHeads(followed);
    },
    close: async () => {
      await reader.close();
      // Ends following, which is no failure.
      await following.close();
      await end;
    },
  };
}

/** A place for a `RecordLog` on a disk in memory, whose power can be cut. */
export function simulatedLog(): LogPlace {
  const power = new SimulatedPower();
  return {
    open: () => openAfterCrash(power, (disk) => recordLog("/log", disk)),
    openReader: () => recordLogReader("/log", power.disk),
    crash: (crash) => power.crash(crash),
    doReadersSurviveKills: false,
    hasPowerCuts: true,
    remove: () => undefined,
  };
}

/**
 * A `RecordLog` on a disk in memory, and what lies there. Opened strictly: by default it goes on behind what is missing, and
 * says so in its report.
 */
export function damageableLog(): DamageableLog {
  const disk = createSimulatedDisk();
  const path = (segment: string) => `/log/${segment}`;
  return {
    open: () => recordLog("/log", disk, "strict"),
    segments: () =>
      disk
        .list("/log")
        .map(({ name }) => name)
        .filter((name) => name.endsWith(".dwal")),
    read: (segment) => {
      const bytes = new Uint8Array(disk.stat(path(segment))!.size);
      const file = disk.open(path(segment), "read");
      file.readAt(bytes, 0, bytes.length, 0);
      file.close();
      return bytes;
    },
    replace: (segment, bytes) => {
      disk.removeFile(path(segment));
      const file = disk.open(path(segment), "create");
      file.append(bytes, 0, bytes.length);
      file.close();
    },
    isRefusal: (error) => isRecordLogError(error),
  };
}
