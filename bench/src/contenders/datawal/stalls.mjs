// The longest single calls: what a user waits for who is unlucky.
import { keyMaker, makeValue } from "../../work.mjs";
import { DataWal, nodeFileSystem, RecordLog } from "./product.mjs";
import { withoutBackgroundSyncs } from "./watched-file-system.mjs";

/** Calls longer than this are counted. */
const STALL_MS = 5;

/** Puts on the way to `count` keys; with `neverRotates` in one segment. */
function longestPut({ directory, valueBytes, count, neverRotates }) {
  const store = DataWal.openSync(directory, neverRotates ? { segmentBytesMax: Infinity } : {});
  const key = keyMaker("Uint8Array");
  const value = makeValue(valueBytes, "Uint8Array");
  return longestOf(count, (number) => store.put(key(number), value));
}

/** Appends through `rotations` rotations; the stall of a rotation is the append that caused it. */
function rotationStall({ directory, valueBytes, segmentBytesMax, rotations, backgroundSyncs }) {
  const fileSystem = backgroundSyncs ? nodeFileSystem : withoutBackgroundSyncs(nodeFileSystem);
  const log = RecordLog.openSync(directory, { segmentBytesMax, fileSystem });
  const payload = makeValue(valueBytes, "Uint8Array");
  const count = Math.ceil((segmentBytesMax * (rotations + 0.1)) / valueBytes);
  // Only a turn of the event loop lets a background sync end, as in any program that does not only append.
  return longestOfTurns(count, 1024, () => {
    const { activeSegment } = log;
    const startMs = performance.now();
    log.append(payload);
    return log.activeSegment === activeSegment ? 0 : performance.now() - startMs;
  });
}

async function longestOfTurns(count, perTurn, stallMs) {
  const stalls = [];
  for (let number = 0; number < count; number++) {
    const ms = stallMs();
    if (ms > 0) stalls.push(ms);
    if (number % perTurn === 0) await new Promise((resolve) => setImmediate(resolve));
  }
  stalls.sort((a, b) => a - b);
  return { longestMs: stalls.at(-1), medianMs: stalls[stalls.length >> 1], rotations: stalls.length };
}

async function longestOf(count, act) {
  let longestMs = 0;
  let longestAt = 0;
  let stalls = 0;
  for (let number = 0; number < count; number++) {
    const startMs = performance.now();
    act(number);
    const ms = performance.now() - startMs;
    if (ms > longestMs) {
      longestMs = ms;
      longestAt = number;
    }
    if (ms > STALL_MS) stalls++;
    if (number % 1024 === 0) await new Promise((resolve) => setImmediate(resolve));
  }
  return { longestMs, longestAt, stalls };
}

export const stalls = { "longest-put": longestPut, "rotation-stall": rotationStall };
