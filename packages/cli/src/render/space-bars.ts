import { segmentName } from "@datawal/record-log";
import type { Output } from "../output/output.js";
import type { SegmentSpace } from "../store/segment-space.js";
import { type BarPart, renderBar } from "./bar.js";

/** A pipe's lines are as long as those of the usual terminal. */
const COLUMNS_IN_A_PIPE = 80;
const BAR_WIDTH_MIN = 8;

/** What a bar is drawn with: blocks on a terminal, plain characters in a pipe. */
interface Characters {
  live: string;
  raw: string;
  dead: string;
  torn: string;
}
const BLOCKS: Characters = { live: "█", raw: "▓", dead: "░", torn: "×" };
const PLAIN: Characters = { live: "#", raw: "=", dead: ".", torn: "x" };

/** A legend, then a line for each segment: name, bytes, and a bar as long as the segment is large. */
export function renderSpaceBars(spaces: readonly SegmentSpace[], { columns, isTerminal }: Output): string {
  const characters = isTerminal ? BLOCKS : PLAIN;
  const bytesMax = Math.max(1, ...spaces.map(({ bytes }) => bytes));
  const digits = String(bytesMax).length;
  const heads = spaces.map(
    ({ segment, bytes }) => `${segmentName(segment)} ${String(bytes).padStart(digits)} `,
  );
  const width = Math.max(
    BAR_WIDTH_MIN,
    (columns ?? COLUMNS_IN_A_PIPE) - Math.max(0, ...heads.map(lengthOf)) - 1,
  );
  const bars = spaces.map((space) => renderBar(partsOf(space, characters), width, bytesMax).trimEnd());
  const lines = heads.map((head, index) => `${head}${bars[index]}`.trimEnd());
  return `${[legend(characters), ...lines].join("\n")}\n`;
}

function partsOf(space: SegmentSpace, { live, raw, dead, torn }: Characters): BarPart[] {
  return [
    { amount: space.liveBytes, character: live },
    { amount: space.rawBytes, character: raw },
    { amount: space.deadBytes + space.tombstoneBytes, character: dead },
    { amount: space.tornBytes, character: torn },
  ];
}

function legend({ live, raw, dead, torn }: Characters): string {
  return `${live} live  ${raw} Raw records  ${dead} dead, tombstones  ${torn} torn or damaged`;
}

function lengthOf({ length }: string): number {
  return length;
}
