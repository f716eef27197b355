import type { NameOrder } from "./moving-disk.js";

/** When a change goes on, told in the calls of the reading operation beside it. */
export interface Schedule {
  /** Steps of the change that are made before the operation begins. */
  start: number;
  /** Before its call number `call`, from 0, the change is made up to step `to`. */
  moves: readonly { call: number; to: number }[];
  /** Its listing number `index` shows `cut` names as they are before, and the others when the change is at step `to`. */
  listing?: { index: number; order: NameOrder; cut: number; to: number };
}

/** As a case's name has it: `0,17>5,23>9`, or `2,list0@3up>5`. */
export function scheduleName({ start, moves, listing }: Schedule): string {
  const moved = moves.map(({ call, to }) => `,${call}>${to}`).join("");
  const listed = listing ? `,list${listing.index}@${listing.cut}${listing.order}>${listing.to}` : "";
  return `${start}${moved}${listed}`;
}

export function parseSchedule(name: string): Schedule {
  const [start = "", ...parts] = name.split(",");
  const moves: { call: number; to: number }[] = [];
  let listing: Schedule["listing"];
  for (const part of parts) {
    const [, index, cut, order, to] = /^list(\d+)@(\d+)(up|down|mixed)>(\d+)$/.exec(part) ?? [];
    const [, call, moveTo] = /^(\d+)>(\d+)$/.exec(part) ?? [];
    if (order)
      listing = { index: Number(index), cut: Number(cut), order: order as NameOrder, to: Number(to) };
    else if (call) moves.push({ call: Number(call), to: Number(moveTo) });
    else throw new RangeError(`expected moments such as 0,17>5 or 2,list0@3up>5, got ${name}`);
  }
  return { start: Number(start), moves, ...(listing ? { listing } : {}) };
}
