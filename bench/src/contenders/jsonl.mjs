// What people do instead: a line of JSON for each record.
import { constants, mkdirSync, openSync, readSync, writeSync } from "node:fs";
import { dirname, join } from "node:path";
import { eachOf, keyText, pieces, timeEach, timeOnce, timePasses } from "../work.mjs";

const CHUNK_BYTES = 1 << 20;

function openNew(directory) {
  mkdirSync(directory, { recursive: true });
  const { O_CREAT, O_RDWR, O_APPEND } = constants;
  return openSync(join(directory, "lines.jsonl"), O_CREAT | O_RDWR | O_APPEND, 0o644);
}

function append({ directory, valueBytes, ...times }) {
  const file = openNew(directory);
  const value = "v".repeat(valueBytes);
  return timeEach(times, (id) => writeSync(file, `${JSON.stringify({ id, value })}\n`));
}

/** One write for `batchCount` lines. */
function putMany({ directory, valueBytes, batchCount, ...times }) {
  const file = openNew(directory);
  const value = "v".repeat(valueBytes);
  const batches = timeEach(times, (batch) => {
    let lines = "";
    for (let index = 0; index < batchCount; index++)
      lines += `${JSON.stringify({ key: keyText(batch * batchCount + index), value })}\n`;
    writeSync(file, lines);
  });
  return eachOf(batchCount, batches);
}

function fill({ path, valueBytes, keys }) {
  mkdirSync(dirname(path), { recursive: true });
  const file = openSync(path, "w");
  const value = "v".repeat(valueBytes);
  for (const [from, to] of pieces(keys, 1000)) {
    let lines = "";
    for (let number = from; number < to; number++)
      lines += `${JSON.stringify({ key: keyText(number), value })}\n`;
    writeSync(file, lines);
  }
  return {};
}

/** Parses each line of a file, read in chunks; returns how many there are. */
function readBack(path, use) {
  const file = openSync(path, "r");
  const chunk = Buffer.alloc(CHUNK_BYTES);
  let count = 0;
  let rest = "";
  for (let byteCount = readSync(file, chunk); byteCount > 0; byteCount = readSync(file, chunk)) {
    const lines = (rest + chunk.latin1Slice(0, byteCount)).split("\n");
    rest = lines.pop();
    for (const line of lines) use(JSON.parse(line));
    count += lines.length;
  }
  return count;
}

/** Reads all lines into a Map, as a program does that keeps its state as JSONL. */
async function open({ path }) {
  const state = new Map();
  return await timeOnce(() => {
    readBack(path, ({ key, value }) => state.set(key, value));
    return state.size;
  });
}

function scan({ path, valueBytes, forMs }) {
  return timePasses(forMs, () =>
    readBack(path, ({ value }) => {
      if (value.length !== valueBytes) throw new Error("jsonl: wrong record");
    }),
  );
}

export const operations = { append, "put-many": putMany, fill, open, scan };
