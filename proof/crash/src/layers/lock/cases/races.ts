import { DataWal } from "datawal";
import type { Answer, Command } from "../answer.js";
import type { Contender } from "../contender.js";
import {
  type Bench,
  demand,
  describeAnswer,
  holds,
  holdsPairs,
  type LockCase,
  refusedWith,
  succeeded,
} from "../lock-case.js";
import type { RungName } from "../rungs.js";

const PAIRS: readonly (readonly [RungName, RungName])[] = [
  ["fs-ext", "fs-ext"],
  ["flock", "flock"],
  ["fs-ext", "flock"],
];

/** Rounds of a race; each store sees some of them, and its making is raced for, too. */
const ROUNDS = 64;
const ROUNDS_PER_STORE = 8;

/** How long both are given to receive their order, and by how much the second starts later, round by round. */
const START_AFTER_NS = 2_000_000n;
const LATER_NS = 40_000n;

/** Times that each side of such a one puts and compacts, or swaps. */
const CONTENDED_COMPACTIONS = 12;

/** Records that each side of a free-for-all appends, under one open each. */
const CONTENDED_RECORDS = 24;

export const RACES: readonly LockCase[] = [
  ...PAIRS.flatMap(([first, second]) => [
    {
      name: `race/${first} and ${second}`,
      rungs: [first, second],
      run: (bench: Bench) => race(bench, [first, second]),
    },
    {
      name: `contend/${first} and ${second}`,
      rungs: [first, second],
      run: (bench: Bench) => contend(bench, [first, second]),
    },
    {
      name: `contend compacting/${first} and ${second}`,
      rungs: [first, second],
      run: (bench: Bench) => contendCompacting(bench, [first, second]),
    },
  ]),
  {
    name: "contend compacting beside swaps",
    rungs: ["fs-ext", "flock"],
    run: (bench) => contendBesideSwaps(bench, ["fs-ext", "flock"]),
  },
];

/** Two processes open one store at the same moment: one has it, the other is told that it is locked. */
export async function race(
  bench: Bench,
  [first, second]: readonly [RungName, RungName],
  isLiar = false,
): Promise<number> {
  await using a = bench.start(first);
  await using b = bench.start(second);
  let store = "";
  for (let round = 0; round < ROUNDS; round++) {
    const inStore = round % ROUNDS_PER_STORE;
    if (inStore === 0) store = bench.newStorePath();
    const winner = await raceOnce(store, [a, b], { laterNs: BigInt(round % 10) * LATER_NS, isLiar });
    succeeded(await winner.ask({ do: "append", handle: "raced" }));
    succeeded(await winner.ask({ do: "close", handle: "raced" }));
    if (inStore === ROUNDS_PER_STORE - 1) holds(store, ROUNDS_PER_STORE);
  }
  return ROUNDS;
}

async function raceOnce(
  store: string,
  [a, b]: readonly [Contender, Contender],
  { laterNs, isLiar }: { laterNs: bigint; isLiar: boolean },
): Promise<Contender> {
  const startNs = process.hrtime.bigint() + START_AFTER_NS;
  const open = (contender: Contender, atNs: bigint) =>
    contender.ask({ do: "open", handle: "raced", store, atNs: String(atNs), isLiar });
  const answers = await Promise.all([open(a, startNs), open(b, startNs + laterNs)]);
  const loser = onlyLoser(answers);
  refusedWith(answers[loser]!, "ERR_DATAWAL_LOCKED");
  return loser === 0 ? b : a;
}

/** @returns The index of the one that did not open. */
export function onlyLoser(answers: readonly [Answer, Answer]): 0 | 1 {
  const winners = answers.filter(({ failed }) => failed === undefined);
  demand(winners.length === 1, "exactly one winner", answers.map(describeAnswer).join("; "));
  return answers[0].failed === undefined ? 1 : 0;
}

/** Two processes open, append and close as fast as they can: every record is there once, and in order. */
async function contend(bench: Bench, rungs: readonly [RungName, RungName]): Promise<number> {
  const store = bench.newStore(0);
  const appending = (atNs: string): Command => ({ do: "contend", store, times: CONTENDED_RECORDS, atNs });
  const answers = await contendWith(bench, rungs, [appending, appending]);
  const txids = answers.flatMap(({ txids }) => txids!).sort((x, y) => x - y);
  demand(
    txids.every((txid, index) => txid === index + 1),
    "no txid twice",
    `the two were given ${txids}`,
  );
  holds(store, 2 * CONTENDED_RECORDS);
  return 2 * CONTENDED_RECORDS;
}

/** Two processes open, put, compact in place and close as fast as they can: each finds what it has put. */
export async function contendCompacting(
  bench: Bench,
  rungs: readonly [RungName, RungName],
  isLiar = false,
): Promise<number> {
  const store = bench.newStorePath();
  const times = CONTENDED_COMPACTIONS;
  const compacting = (key: string, atNs: string): Command => ({
    do: "contend-compacting",
    store,
    key,
    times,
    atNs,
    isLiar,
  });
  await contendWith(bench, rungs, [(atNs) => compacting("a", atNs), (atNs) => compacting("b", atNs)]);
  holdsPairs(store, { a: Uint8Array.of(times), b: Uint8Array.of(times) });
  return 2 * times;
}

/** One process puts and compacts in place, the other puts a copy in the store's place: no pair is lost. */
async function contendBesideSwaps(bench: Bench, rungs: readonly [RungName, RungName]): Promise<number> {
  const store = bench.newStorePath();
  const times = CONTENDED_COMPACTIONS;
  DataWal.openSync(store).closeSync();
  await contendWith(bench, rungs, [
    (atNs) => ({ do: "contend-compacting", store, key: "a", times, atNs }),
    (atNs) => ({ do: "contend-swapping", store, times, atNs }),
  ]);
  holdsPairs(store, { a: Uint8Array.of(times) });
  return 2 * times;
}

async function contendWith(
  bench: Bench,
  [first, second]: readonly [RungName, RungName],
  commands: readonly [(atNs: string) => Command, (atNs: string) => Command],
): Promise<Answer[]> {
  await using a = bench.start(first);
  await using b = bench.start(second);
  for (const contender of [a, b]) succeeded(await contender.ask({ do: "greet" }));
  const atNs = String(process.hrtime.bigint() + START_AFTER_NS);
  const answers = await Promise.all([a.ask(commands[0](atNs)), b.ask(commands[1](atNs))]);
  return answers.map(succeeded);
}
