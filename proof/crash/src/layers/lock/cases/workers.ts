import type { Answer, Command } from "../answer.js";
import type { Contender } from "../contender.js";
import {
  type Bench,
  demand,
  describeAnswer,
  holds,
  type LockCase,
  refusedWith,
  succeeded,
} from "../lock-case.js";
import type { RungName } from "../rungs.js";
import { onlyLoser } from "./races.js";

/** Half of them with both at once. */
const ROUNDS = 20;
/** Both have their order by then. */
const START_AFTER_NS = 5_000_000n;

/** In a worker flock is the only means, also where the main thread has loaded fs-ext. */
export const WORKERS: readonly LockCase[] = (["fs-ext", "flock"] as const).flatMap((rung) => [
  {
    name: `two worker threads/${rung} on the main thread`,
    rungs: [rung, "flock" as const],
    run: (bench: Bench) => betweenThreads(bench, rung, ["worker 1", "worker 2"]),
  },
  {
    name: `worker and main thread/${rung} on the main thread`,
    rungs: [rung, "flock" as const],
    run: (bench: Bench) => betweenThreads(bench, rung, ["worker 1", undefined]),
  },
]);

type Thread = string | undefined;

interface Won {
  winner: Thread;
  means: string | undefined;
}

async function betweenThreads(
  bench: Bench,
  rung: RungName,
  threads: readonly [Thread, Thread],
): Promise<number> {
  await using contender = bench.start(rung);
  for (const name of threads) if (name) succeeded(await contender.ask({ do: "start-worker", name }));
  // So that the main thread has loaded what it uses before a worker does.
  const other = bench.newStore();
  succeeded(await contender.ask({ do: "open", handle: "elsewhere", store: other }));
  const store = bench.newStore(0);
  for (let round = 0; round < ROUNDS; round++) {
    const order = round % 2 === 0 ? threads : swapped(threads);
    const open = round % 4 < 2 ? openTogether : openOneAfterAnother;
    const { winner, means } = await open(contender, store, order);
    const expected = winner === undefined ? rung : "flock";
    demand(means === expected, `held by ${expected}`, `${winner ?? "the main thread"} holds it by ${means}`);
    succeeded(await contender.ask(inThread(winner, { do: "append", handle: "held" })));
    succeeded(await contender.ask(inThread(winner, { do: "close", handle: "held" })));
  }
  succeeded(await contender.ask({ do: "close", handle: "elsewhere" }));
  holds(store, ROUNDS);
  return ROUNDS;
}

/** The first has it; the second is told that this very process does. */
async function openOneAfterAnother(
  contender: Contender,
  store: string,
  [first, second]: readonly [Thread, Thread],
): Promise<Won> {
  const open = (thread: Thread): Promise<Answer> =>
    contender.ask(inThread(thread, { do: "open", handle: "held", store }));
  const { means } = succeeded(await open(first));
  const refused = await open(second);
  const { heldByThisProcess } = refusedWith(refused, "ERR_DATAWAL_LOCKED");
  demand(heldByThisProcess === true, "the refusal names this process", describeAnswer(refused));
  return { winner: first, means };
}

/** One of them has it. */
async function openTogether(
  contender: Contender,
  store: string,
  threads: readonly [Thread, Thread],
): Promise<Won> {
  const atNs = String(process.hrtime.bigint() + START_AFTER_NS);
  const open = (thread: Thread) => inThread(thread, { do: "open", handle: "held", store, atNs });
  const { answers } = succeeded(await contender.ask({ do: "together", commands: threads.map(open) }));
  const [first, second] = answers!;
  const loser = onlyLoser([first!, second!]);
  refusedWith(answers![loser]!, "ERR_DATAWAL_LOCKED");
  return { winner: threads[1 - loser], means: answers![1 - loser]!.means };
}

function inThread(thread: Thread, command: Command): Command {
  return thread === undefined ? command : { ...command, thread };
}

function swapped([first, second]: readonly [Thread, Thread]): readonly [Thread, Thread] {
  return [second, first];
}
