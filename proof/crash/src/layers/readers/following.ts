import { RecordLogReader } from "@datawal/record-log";
import { BrokenDemand } from "../broken-demand.js";
import { isAllowed } from "./allowed-codes.js";
import type { Ending } from "./attempt.js";
import { type Change, STORE } from "./changes.js";
import { requireCode } from "./codes.js";
import type { History } from "./history.js";
import { MovingDisk } from "./moving-disk.js";
import { describeRecord } from "./readings.js";
import { withWaits } from "./waits.js";

/** Listings without a new record after which a follower is taken to have seen all there is. */
const IDLE_LISTINGS = 6;

export const EACH_ONCE = "a follower sees each record once and in order, or is told";

/** What a follower was given, in order; `undefined` where it was told to begin anew. */
type Given = readonly (string | undefined)[];

/**
 * Follows a log beside a change, until it has seen the change's end.
 *
 * @throws BrokenDemand
 */
export async function attemptFollowing(
  { change, steps }: History,
  order: LogOrder,
  moving: MovingDisk,
): Promise<Ending> {
  const given: (string | undefined)[] = [];
  const onReset = () => void given.push(undefined);
  const reader = openFollower(change, moving);
  if (!reader) return "not begun";
  const first = moving.made;
  const enough = new AbortController();
  let idle = 0;
  moving.onList = () => {
    if (idle++ < IDLE_LISTINGS || !moving.isAtRest) return;
    if (moving.made === steps.length) enough.abort();
    moving.moveToEnd();
    idle = 0;
  };
  moving.begin();
  let code: string | undefined;
  try {
    for await (const record of reader.follow({ pollMs: 1, signal: enough.signal, onReset })) {
      given.push(describeRecord(record));
      idle = 0;
    }
  } catch (error) {
    if (!enough.signal.aborted) code = requireCode(error);
    if (code !== undefined && !isAllowed(code, change)) throw new BrokenDemand(EACH_ONCE, String(error));
  } finally {
    moving.end();
    reader.closeSync();
  }
  order.judge(given, first, moving.made, code === undefined);
  return code === undefined ? "shown" : "refused";
}

function openFollower(change: Change, { port: fileSystem }: MovingDisk): RecordLogReader | undefined {
  try {
    return RecordLogReader.openSync(change.directory ?? STORE, { fileSystem });
  } catch (error) {
    requireCode(error);
    return undefined;
  }
}

/** The records of each state that a change leads through, as an open of a disk that stands still reads them. */
export class LogOrder {
  readonly #states: string[][];

  constructor(history: History) {
    const { change, steps } = history;
    this.#states = Array.from({ length: steps.length + 1 }, (_, start) =>
      withWaits(
        () => undefined,
        () => recordsOf(change.directory ?? STORE, new MovingDisk(history, { start, moves: [] }).port),
      ),
    );
  }

  recordsAt(state: number): readonly string[] {
    return this.#states[state]!;
  }

  /** @param isWhole whether the follower went on to the end. */
  judge(given: Given, first: number, last: number, isWhole: boolean): void {
    const states = this.#states.slice(first, last + 1);
    const seen = new Set<string>();
    let previous: string | undefined;
    let isTold = true;
    let resets = 0;
    for (const record of given) {
      if (record === undefined) {
        isTold = true;
        resets++;
        continue;
      }
      // A hole that is made in front of a follower is told; one that it meets when it begins is part of the log.
      const met = resets === 0 && isJump(previous, record) ? states.slice(0, 1) : states;
      const follows = met.some((records) => isNext(records, previous, record));
      const begins =
        (isTold || isDropped(states, previous, record)) && states.some(([head]) => head === record);
      if (!follows && !begins) throw broken(given, `${record} does not come behind ${previous ?? "nothing"}`);
      if (!follows) seen.clear();
      if (seen.has(record)) throw broken(given, `${record} is given twice`);
      seen.add(record);
      previous = record;
      isTold = false;
    }
    if (isWhole && previous !== states.at(-1)!.at(-1)) throw broken(given, "the last record is never given");
  }
}

function recordsOf(directory: string, fileSystem: MovingDisk["port"]): string[] {
  const records: string[] = [];
  try {
    RecordLogReader.openSync(directory, {
      fileSystem,
      replay: (record) => void records.push(describeRecord(record)),
    }).closeSync();
  } catch (error) {
    requireCode(error);
  }
  return records;
}

/** Over a hole, which is whole segments: within one, txids are two apart in groups. */
function isJump(previous: string | undefined, record: string): boolean {
  const places = [previous, record].map((text) => /^(\d+):.* txid (\d+) /.exec(text ?? ""));
  const [[, from, before] = [], [, to, txid] = []] = places.map((place) => place ?? []);
  return from !== to && Number(txid) !== Number(before) + 1;
}

function isNext(records: readonly string[], previous: string | undefined, record: string): boolean {
  const index = records.indexOf(record);
  return index > 0 && records[index - 1] === previous;
}

/** Whether the log begins with a record by now, and what came before it was dropped. */
function isDropped(states: readonly string[][], previous: string | undefined, record: string): boolean {
  return states.some((records) => {
    const before = states[0]!.indexOf(previous ?? "");
    return records[0] === record && before >= 0 && states[0]!.indexOf(record) > before;
  });
}

function broken(given: Given, facts: string): BrokenDemand {
  const told = given.map((record) => record ?? "(told to begin anew)");
  return new BrokenDemand(EACH_ONCE, `${facts}; given were:\n${told.join("\n")}`);
}
