import type { NameOrder } from "./moving-disk.js";
import type { Schedule } from "./schedule.js";

/** How large a pair is: the calls and listings of a reading on a store that stands still, the steps of a change. */
export interface PairExtent {
  calls: number;
  lists: number;
  steps: number;
  /** After how many names a listing may be cut. */
  cuts: readonly number[];
}

const ORDERS: readonly NameOrder[] = ["up", "down", "mixed"];

/**
 * The moments at which a change goes on beside a reading: the whole of it at every call and within every listing, and
 * of those at which it stops half way, or goes on twice, as many as are asked for, where calls count at all.
 */
export function* schedulesOf(extent: PairExtent, drawn: number, random: () => number): Generator<Schedule> {
  const { calls, steps } = extent;
  const once = [...interruptions(extent), ...splitListings(extent)];
  yield* once.filter((schedule) => endOf(schedule) === steps);
  if (calls === 0) return;
  const halves = once.filter((schedule) => endOf(schedule) < steps);
  yield* sample(halves, drawn, random);
  for (let count = 0; count < drawn / 2; count++) yield drawTwice(extent, random);
}

/** Every call of the reading, with the change made at it up to every step. */
function* interruptions({ calls, steps }: PairExtent): Generator<Schedule> {
  for (let to = 1; to <= steps; to++)
    for (let call = 0; call < calls; call++) yield { start: 0, moves: [{ call, to }] };
}

/** Every listing of the reading, cut after every name in each order, with the change made in between up to every step. */
function* splitListings({ lists, steps, cuts }: PairExtent): Generator<Schedule> {
  for (let index = 0; index < lists; index++)
    for (const order of ORDERS)
      for (const cut of cuts)
        for (let to = 1; to <= steps; to++) yield { start: 0, moves: [], listing: { index, order, cut, to } };
}

/** Begun in the middle of a change that goes on at two calls of the reading. */
function drawTwice({ calls, steps }: PairExtent, random: () => number): Schedule {
  const below = (count: number) => Math.floor(random() * count);
  const [start, middle, to] = [below(steps), below(steps) + 1, below(steps) + 1].sort((a, b) => a - b);
  const [first, second] = [below(calls), below(calls)].sort((a, b) => a - b);
  return {
    start: start!,
    moves: [
      { call: first!, to: middle! },
      { call: second!, to: to! },
    ],
  };
}

function endOf({ moves, listing }: Schedule): number {
  return listing?.to ?? moves.at(-1)!.to;
}

function sample<Member>(members: Member[], count: number, random: () => number): Member[] {
  if (members.length <= count) return members;
  return Array.from({ length: count }, () => members.splice(Math.floor(random() * members.length), 1)[0]!);
}
