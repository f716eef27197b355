// What the system itself costs: the same bytes by bare calls, and the CRC of the same frames.
import {
  closeSync,
  constants,
  fstatSync,
  fsync,
  fsyncSync,
  mkdirSync,
  openSync,
  readdirSync,
  readSync,
  writeSync,
} from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { makeValue, shuffle, timeEach, timeEachAwaited, timePasses } from "../work.mjs";
import { loadCrc } from "./native-crc.mjs";

const FRAME_OVERHEAD = 28;
const CHUNK_BYTES = 1 << 20;

/** The CRC that the product takes: by hardware or by table, as long as the frame is. */
async function productCrc() {
  return (await import("../../../packages/record-log/dist/internal.js")).hardwareCrc32c;
}

function openNew(directory) {
  mkdirSync(directory, { recursive: true });
  const { O_CREAT, O_RDWR, O_APPEND } = constants;
  return openSync(join(directory, "bare"), O_CREAT | O_RDWR | O_APPEND, 0o644);
}

function append({ directory, valueBytes, keyBytes = 0, ...times }) {
  const frame = makeValue(FRAME_OVERHEAD + keyBytes + valueBytes, "Uint8Array");
  const file = openNew(directory);
  return timeEach(times, () => writeSync(file, frame, 0, frame.length, null));
}

function appendWithCrc({ directory, valueBytes, ...times }) {
  const frame = makeValue(FRAME_OVERHEAD + valueBytes, "Uint8Array");
  const body = frame.subarray(0, frame.length - 4);
  const crc32c = loadCrc();
  const file = openNew(directory);
  return timeEach(times, () => {
    frame[frame.length - 1] = crc32c(body);
    writeSync(file, frame, 0, frame.length, null);
  });
}

function appendFsync({ directory, valueBytes, ...times }) {
  const frame = makeValue(FRAME_OVERHEAD + valueBytes, "Uint8Array");
  const file = openNew(directory);
  return timeEach(times, () => {
    writeSync(file, frame, 0, frame.length, null);
    fsyncSync(file);
  });
}

function appendFsyncAwaited({ directory, valueBytes, ...times }) {
  const frame = makeValue(FRAME_OVERHEAD + valueBytes, "Uint8Array");
  const file = openNew(directory);
  const sync = promisify(fsync);
  return timeEachAwaited(times, () => {
    writeSync(file, frame, 0, frame.length, null);
    return sync(file);
  });
}

/** The longest of many writes: what the kernel itself makes a writer wait. */
function longestWrite({ directory, valueBytes, keyBytes, count }) {
  const frame = makeValue(FRAME_OVERHEAD + keyBytes + valueBytes, "Uint8Array");
  const file = openNew(directory);
  let longestMs = 0;
  for (let number = 0; number < count; number++) {
    const startMs = performance.now();
    writeSync(file, frame, 0, frame.length, null);
    longestMs = Math.max(longestMs, performance.now() - startMs);
  }
  return { longestMs };
}

function segmentsOf(directory) {
  const names = readdirSync(directory).filter((name) => name.endsWith(".dwal"));
  return names.sort().map((name) => {
    const file = openSync(join(directory, name), "r");
    return { file, size: fstatSync(file).size };
  });
}

/** Reads frames of one length at random places of a store. */
/** @param job `touchesKey`: the key is also compared with one that lies in memory, as any key directory must. */
function get({ directory, valueBytes, keyBytes, keys, touchesKey, ...times }) {
  const frameLen = FRAME_OVERHEAD + keyBytes + valueBytes;
  const target = new Uint8Array(frameLen);
  const segments = segmentsOf(directory);
  const [{ size }] = segments;
  const framesEach = Math.floor(size / frameLen);
  const draw = shuffle(keys);
  const held = touchesKey ? new Uint8Array(keys * KEY_ENTRY_BYTES).fill(1) : undefined;
  return timeEach(times, () => {
    const number = draw();
    if (held) touch(held, number * KEY_ENTRY_BYTES, keyBytes);
    const { file } = segments[Math.floor(number / framesEach)];
    readSync(file, target, 0, frameLen, (number % framesEach) * frameLen);
  });
}

/** What a key of 16 bytes takes in our key directory. */
const KEY_ENTRY_BYTES = 66;

function touch(bytes, from, byteCount) {
  for (let at = from; at < from + byteCount; at++) if (bytes[at] !== 1) throw new Error("bench: wrong key");
}

/** Reads the segments of a store once; `use` gets each chunk, and returns how many bytes at its end it wants again. */
function readSegments(directory, makeChunk, use) {
  for (const { file, size } of segmentsOf(directory)) {
    for (let offset = 0; offset < size; ) {
      const chunk = makeChunk();
      const count = readSync(file, chunk, 0, chunk.length, offset);
      offset += count - use(chunk, count);
    }
    closeSync(file);
  }
}

/**
 * Reads a store's bytes and no more; with `crc` also the hardware's CRC of whole chunks.
 *
 * @param operations What a pass counts for; its megabytes when absent.
 */
function read({ directory, crc, forMs, operations }) {
  const chunk = new Uint8Array(CHUNK_BYTES);
  const crc32c = loadCrc();
  return timePasses(forMs, () => {
    let bytes = 0;
    const use = (_, count) => {
      if (crc) crc32c(count === CHUNK_BYTES ? chunk : chunk.subarray(0, count));
      bytes += count;
      return 0;
    };
    readSegments(directory, () => chunk, use);
    return operations ?? bytes / 1e6;
  });
}

/** Reads a store of frames of one length and makes the CRC of each, as the product does. */
async function readFrames({ directory, valueBytes, keyBytes, forMs, operations }) {
  const frameLen = FRAME_OVERHEAD + keyBytes + valueBytes;
  const crc32c = await productCrc();
  const chunk = new Uint8Array(CHUNK_BYTES);
  const end = frameLen - 4;
  return timePasses(forMs, () => {
    let records = 0;
    const use = (bytes, count) => {
      let at = 0;
      for (; at + frameLen <= count; at += frameLen) {
        if (crc32c(bytes.subarray(at, at + end)) !== uint32(bytes, at + end))
          throw new Error("bare: bad CRC");
        records++;
      }
      return count - at;
    };
    readSegments(directory, () => chunk, use);
    return operations ?? records;
  });
}

/** As {@link readFrames}, with two views and one object for each frame: the least that a scan must do. */
async function scan({ directory, valueBytes, keyBytes, forMs }) {
  const frameLen = FRAME_OVERHEAD + keyBytes + valueBytes;
  const crc32c = await productCrc();
  const end = frameLen - 4;
  const bodyStart = 24;
  let kept;
  return timePasses(forMs, () => {
    let records = 0;
    const use = (bytes, count) => {
      let at = 0;
      for (; at + frameLen <= count; at += frameLen) {
        if (crc32c(bytes.subarray(at, at + end)) !== uint32(bytes, at + end))
          throw new Error("bare: bad CRC");
        const key = new Uint8Array(bytes.buffer, at + bodyStart, keyBytes);
        const payload = new Uint8Array(bytes.buffer, at + bodyStart + keyBytes, valueBytes);
        kept = {
          type: bytes[at + 6],
          txid: BigInt(records),
          key,
          payload,
          segment: 1,
          offset: at,
          len: frameLen,
        };
        records++;
      }
      return count - at;
    };
    readSegments(directory, () => new Uint8Array(CHUNK_BYTES), use);
    if (kept.payload.length !== valueBytes) throw new Error("bare: bad record");
    return records;
  });
}

function uint32(bytes, at) {
  return (bytes[at] | (bytes[at + 1] << 8) | (bytes[at + 2] << 16) | (bytes[at + 3] << 24)) >>> 0;
}

export const operations = {
  nothing: () => ({}),
  append,
  "append-crc": appendWithCrc,
  "append-fsync": appendFsync,
  "append-fsync-awaited": appendFsyncAwaited,
  "longest-write": longestWrite,
  get,
  read,
  "read-frames": readFrames,
  scan,
};
