// Reads the files, away from the thread that draws.
import { decodeGroupHead, decodeNext, FrameCursor, recordTypeName } from "@datawal/format";
import { type FrameIndex, indexFrames, type Stretch } from "./frame-index.js";
import type { Answer, Detail, FileFacts, Request, Row } from "./messages.js";

interface Opened {
  file: File;
  index: FrameIndex;
  firstRow: number;
}

/** Of a key or a payload a row shows so many bytes, a detail so many. */
const ROW_BYTES = 96;
const DETAIL_BYTES = 64 * 1024;
const HEADER_LEN = 24;
const PIECE_BYTES = 8 * 1024 * 1024;

let opened: Opened[] = [];
/** The rows that are shown, where not all are. */
let filtered: Float64Array | undefined;
/** Counted up by whatever makes what runs before pointless. */
let generation = 0;

const answer = (message: Answer) => postMessage(message);
const turn = () => new Promise((resolve) => setTimeout(resolve));

addEventListener("message", ({ data }: MessageEvent<Request>) => {
  if (data.kind === "open") void open(data.files);
  else if (data.kind === "rows") void rows(data.from, data.to);
  else if (data.kind === "detail") void detail(data.at);
  else void filter(data.text, data.onlyTrouble);
});

const rowCount = () => opened.reduce((sum, { index }) => sum + index.length, 0);

async function open(files: File[]): Promise<void> {
  const mine = ++generation;
  const read: Opened[] = [];
  let firstRow = 0;
  for (const file of files) {
    const bytes = new Uint8Array(await file.arrayBuffer());
    const steps = indexFrames(bytes);
    let step = steps.next();
    for (; !step.done; step = steps.next()) {
      answer({ kind: "progress", what: `reading ${file.name}`, done: step.value, total: file.size });
      await turn();
      if (mine !== generation) return;
    }
    read.push({ file, index: step.value, firstRow });
    firstRow += step.value.length;
  }
  if (mine !== generation) return;
  opened = read;
  filtered = undefined;
  answer({ kind: "opened", files: opened.map(factsOf), rowCount: rowCount() });
}

function factsOf({ file, index }: Opened): FileFacts {
  const troubles = [...index.troubles].map(([row, trouble]) => {
    const { offset, len } = index.at(row);
    return `offset ${offset}, ${len} bytes: ${trouble}`;
  });
  let beyond = 0;
  if (troubles.length > 0)
    for (let row = 0; row < index.length; row++) {
      const { isBeyond, trouble } = index.at(row);
      if (isBeyond && !trouble) beyond++;
    }
  return {
    name: file.name,
    bytes: file.size,
    records: index.length - troubles.length - beyond,
    beyond,
    troubles,
  };
}

function place(row: number): { of: Opened; stretch: Stretch } {
  const of = opened.findLast(({ firstRow, index }) => firstRow <= row && index.length > 0)!;
  return { of, stretch: of.index.at(row - of.firstRow) };
}

const rowOf = (at: number) => filtered?.[at] ?? at;
const bytesOf = async (file: File, from: number, to: number) =>
  new Uint8Array(await file.slice(from, to).arrayBuffer());

async function rows(from: number, to: number): Promise<void> {
  const mine = generation;
  const shown: Row[] = [];
  for (let at = from; at < to; at++) shown.push(await rowFor(rowOf(at)));
  if (mine === generation) answer({ kind: "rows", from, rows: shown });
}

async function rowFor(row: number): Promise<Row> {
  const { of, stretch } = place(row);
  const { offset, len } = stretch;
  const head = await bytesOf(of.file, offset, offset + Math.min(len, HEADER_LEN + 2 * ROW_BYTES));
  const base = { ...stretch, row, file: of.file.name };
  if (stretch.trouble)
    return { ...base, type: "", txid: "", key: new Uint8Array(), payload: head, keyLen: 0, payloadLen: len };
  const cursor = new FrameCursor();
  cursor.readHeader(head, 0);
  const { type, txid, keyStart, payloadStart, payloadEnd } = cursor;
  const payloadAt = offset + payloadStart;
  const payload = await bytesOf(
    of.file,
    payloadAt,
    payloadAt + Math.min(ROW_BYTES, payloadEnd - payloadStart),
  );
  return {
    ...base,
    type: recordTypeName(type),
    txid: String(txid),
    key: head.slice(keyStart, Math.min(payloadStart, keyStart + ROW_BYTES)),
    payload,
    keyLen: payloadStart - keyStart,
    payloadLen: payloadEnd - payloadStart,
  };
}

async function detail(at: number): Promise<void> {
  const row = await rowFor(rowOf(at));
  const { file } = place(row.row).of;
  const bytes = await bytesOf(file, row.offset, row.offset + row.len);
  const decoded = decodeNext(bytes, 0);
  const made: Detail = {
    row,
    key: row.key,
    payload: row.payload,
    bytes: bytes.slice(0, DETAIL_BYTES),
    crc: "",
  };
  if (decoded.kind === "record") {
    made.key = decoded.key.slice();
    made.payload = decoded.payload.slice(0, DETAIL_BYTES);
    const group = decodeGroupHead(decoded);
    made.crc = group ? `good; the head of a group of ${group.records} records` : "good";
  } else if (decoded.kind === "crc-mismatch") {
    made.crc = `stored 0x${decoded.stored.toString(16)}, computed 0x${decoded.computed.toString(16)}`;
  } else {
    made.crc =
      decoded.kind === "truncated"
        ? `${decoded.needed} bytes needed, ${decoded.available} there`
        : decoded.reason;
  }
  answer({ kind: "detail", detail: made });
}

async function filter(text: string, onlyTrouble: boolean): Promise<void> {
  const mine = ++generation;
  const wanted = new TextEncoder().encode(text);
  const found: number[] = [];
  for (const of of opened) {
    const rowsFound = onlyTrouble ? troubledRows(of) : allRows(of);
    const matching = wanted.length === 0 ? rowsFound : await matchingRows(of, wanted, rowsFound, mine);
    if (mine !== generation) return;
    for (const row of matching) found.push(of.firstRow + row);
  }
  filtered = wanted.length === 0 && !onlyTrouble ? undefined : Float64Array.from(found);
  answer({ kind: "filtered", rowCount: filtered?.length ?? rowCount() });
}

function* allRows({ index }: Opened): Iterable<number> {
  for (let row = 0; row < index.length; row++) yield row;
}

function* troubledRows(of: Opened): Iterable<number> {
  for (const row of allRows(of)) {
    const { trouble, isBeyond } = of.index.at(row);
    if (trouble || isBeyond) yield row;
  }
}

/** The rows whose bytes hold what is wanted: the file is read in pieces that overlap. */
async function matchingRows(
  { file, index }: Opened,
  wanted: Uint8Array,
  among: Iterable<number>,
  mine: number,
): Promise<Iterable<number>> {
  const rowsFound = new Set<number>();
  for (let from = 0; from < file.size && index.length > 0; from += PIECE_BYTES) {
    const piece = await bytesOf(file, from, from + PIECE_BYTES + wanted.length - 1);
    if (mine !== generation) return [];
    for (let at = find(piece, wanted, 0); at !== -1; at = find(piece, wanted, at + 1)) {
      const row = index.rowAt(from + at);
      const { offset, len, trouble } = index.at(row);
      const start = from + at - offset;
      // In the key or the payload, not across frames.
      if (trouble || (start >= HEADER_LEN && start + wanted.length <= len - 4)) rowsFound.add(row);
    }
    answer({ kind: "progress", what: `searching ${file.name}`, done: from, total: file.size });
  }
  return [...among].filter((row) => rowsFound.has(row));
}

function find(bytes: Uint8Array, wanted: Uint8Array, from: number): number {
  for (let at = bytes.indexOf(wanted[0]!, from); at !== -1; at = bytes.indexOf(wanted[0]!, at + 1)) {
    let same = 1;
    while (same < wanted.length && bytes[at + same] === wanted[same]) same++;
    if (same === wanted.length) return at;
  }
  return -1;
}
