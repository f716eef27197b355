// Makes the code of the CRC-32C that record-log runs as WebAssembly, and writes it into packages/record-log/src/crc/crc-code.ts.
// A test compares the two.
//
//     node scripts/write-crc-code.mjs
import { readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const TARGET = join(
  dirname(dirname(fileURLToPath(import.meta.url))),
  "packages/record-log/src/crc/crc-code.ts",
);

/**
 * Bytes that one step takes in, with a table for each: "slicing by 16". In WebAssembly, which loads eight bytes at once,
 * twice as quick as by 8 in JavaScript (bench: tried); with 32 the tables no longer fit into a processor's first cache.
 */
const SLICES = 16;
const TABLE_BYTES = 256 * 4;

// WebAssembly's binary format (https://webassembly.github.io/spec/core/binary/), as far as it is needed. Code is bytes;
// expressions are written operands first, as they run.

/** @typedef {readonly number[]} Code */

/** Types of values (binary/types.html). */
const I32 = 0x7f;
const I64 = 0x7e;
const FUNCTION = 0x60;
const NOTHING = 0x40;

/** Parts of a module, in their order (binary/modules.html). */
const SECTION = { types: 1, imports: 2, functions: 3, exports: 7, code: 10 };
const EXPORTED = { function: 0, memory: 2 };
const AT_LEAST_A_PAGE = [0, 1];

/** Instructions (binary/instructions.html). */
const OP = {
  block: 0x02,
  loop: 0x03,
  end: 0x0b,
  branch: 0x0c,
  branchIf: 0x0d,
  get: 0x20,
  set: 0x21,
  i32Load: 0x28,
  i64Load: 0x29,
  i32LoadByte: 0x2d,
  i32Constant: 0x41,
  i64Constant: 0x42,
  i32Above: 0x4b,
  i32Add: 0x6a,
  i32And: 0x71,
  i32Xor: 0x73,
  i32ShiftLeft: 0x74,
  i32ShiftRight: 0x76,
  i64Xor: 0x85,
  i64ShiftRight: 0x88,
  i32OfI64: 0xa7,
  i64OfI32: 0xad,
};

/** The module: it takes its memory, and gives the function `crc(start, end)`. */
export function crcModule() {
  return Uint8Array.from([
    ...[0x00, ...ascii("asm"), 1, 0, 0, 0],
    ...section(SECTION.types, [1, FUNCTION, 2, I32, I32, 1, I32]),
    ...section(SECTION.imports, [
      1,
      ...name("datawal"),
      ...name("memory"),
      EXPORTED.memory,
      ...AT_LEAST_A_PAGE,
    ]),
    ...section(SECTION.functions, [1, 0]),
    ...section(SECTION.exports, [1, ...name("crc"), EXPORTED.function, 0]),
    ...section(SECTION.code, [1, ...sized([2, 1, I32, 2, I64, ...body()])]),
  ]);
}

function section(id, content) {
  return [id, ...sized(content)];
}

function sized(content) {
  return [...unsigned(content.length), ...content];
}

function name(text) {
  return sized(ascii(text));
}

function ascii(text) {
  return [...new TextEncoder().encode(text)];
}

/** LEB128. */
function unsigned(value) {
  return value < 0x80 ? [value] : [(value & 0x7f) | 0x80, ...unsigned(value >>> 7)];
}

/** LEB128 of a number from -64 to 8191. */
function signed(value) {
  return value < 64 ? [value & 0x7f] : [(value & 0x7f) | 0x80, value >> 7];
}

// The parameters, then the variables.
const START = 0;
const END = 1;
const CRC = 2;
const WORDS = [3, 4];

/** Takes in 16 bytes while there are as many, then 8, then single ones. `start` moves on to `end`. */
function body() {
  return [
    ...set(CRC, i32(-1)),
    ...whileThereAre(SLICES, bySlices(SLICES)),
    ...whileThereAre(8, bySlices(8)),
    ...whileThereAre(1, byByte()),
    ...xor(get(CRC), i32(-1)),
    OP.end,
  ];
}

/** `while (start + byteCount <= end) { step; start += byteCount }` */
function whileThereAre(byteCount, step) {
  const next = add(get(START), i32(byteCount));
  const leaveBehindEnd = [...next, ...get(END), OP.i32Above, OP.branchIf, 1];
  const loop = [...leaveBehindEnd, ...step, ...set(START, next), OP.branch, 0];
  return [OP.block, NOTHING, OP.loop, NOTHING, ...loop, OP.end, OP.end];
}

/** The CRC goes into the first four bytes; each byte's table is that for the number of bytes that follow it. */
function bySlices(byteCount) {
  const words = WORDS.slice(0, byteCount / 8);
  const loads = words.flatMap((word, index) => set(word, loadWord(index * 8)));
  const [first] = words;
  const mixed = set(first, [...get(first), ...get(CRC), OP.i64OfI32, OP.i64Xor]);
  const entries = words.flatMap((word, index) =>
    [0, 1, 2, 3, 4, 5, 6, 7].map((byte) => entry(byteCount - 1 - index * 8 - byte, byteOf(word, byte))),
  );
  // What does not wait for the CRC comes first.
  return [...loads, ...mixed, ...set(CRC, xorOfAll(entries.reverse()))];
}

function byByte() {
  const byte = [...get(START), OP.i32LoadByte, 0, 0];
  const index = shiftLeft(and(xor(get(CRC), byte), i32(0xff)), 2);
  return set(CRC, xor(shiftRight(get(CRC), 8), entry(0, index)));
}

/** @param offset Of the table's entry, in bytes. */
function entry(table, offset) {
  return [...offset, OP.i32Load, 2, ...unsigned(table * TABLE_BYTES)];
}

/** A byte of a word, times 4: the offset of a table's entry. */
function byteOf(word, byte) {
  if (byte === 0) return shiftLeft(and([...get(word), OP.i32OfI64], i32(0xff)), 2);
  const shifted = [...get(word), OP.i64Constant, ...signed(byte * 8 - 2), OP.i64ShiftRight, OP.i32OfI64];
  return and(shifted, i32(0xff << 2));
}

/** As a tree: the processor takes the branches at once. */
function xorOfAll(terms) {
  const half = terms.length >>> 1;
  return half === 0 ? terms[0] : xor(xorOfAll(terms.slice(0, half)), xorOfAll(terms.slice(half)));
}

/** Eight bytes of memory, at no particular alignment. */
function loadWord(offset) {
  return [...get(START), OP.i64Load, 0, ...unsigned(offset)];
}

const i32 = (value) => [OP.i32Constant, ...signed(value)];
const get = (variable) => [OP.get, variable];
const set = (variable, value) => [...value, OP.set, variable];
const add = (one, other) => [...one, ...other, OP.i32Add];
const and = (one, other) => [...one, ...other, OP.i32And];
const xor = (one, other) => [...one, ...other, OP.i32Xor];
const shiftLeft = (value, bits) => [...value, ...i32(bits), OP.i32ShiftLeft];
const shiftRight = (value, bits) => [...value, ...i32(bits), OP.i32ShiftRight];

/** The code as lines of source. */
export function codeLines() {
  return Buffer.from(crcModule())
    .toString("base64")
    .match(/.{1,100}/g)
    .map((line, index, { length }) => `  "${line}"${index === length - 1 ? ";" : " +"}\n`)
    .join("");
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const source = readFileSync(TARGET, "utf8");
  writeFileSync(
    TARGET,
    source.replace(/(export const CODE =\n)[^;]*;\n/, (_, start) => start + codeLines()),
  );
}
