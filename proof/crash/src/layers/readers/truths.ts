import { type Change, STORE } from "./changes.js";
import { requireCode } from "./codes.js";
import type { History } from "./history.js";
import { MovingDisk } from "./moving-disk.js";
import { type Reading, type Session, showTree } from "./readings.js";
import { withWaits } from "./waits.js";

/** What a reading shows, or the code it ends with. */
export type Answer =
  | { shown: string; code?: undefined }
  | { code: string; error: unknown; shown?: undefined };

/** What a reading shows of a store that stands still. */
export interface Truth {
  answer: Answer;
  /** What its handle shows when it is asked again. */
  again: string | undefined;
  /** What it shows after a refresh. */
  caughtUp: string | undefined;
  calls: number;
  lists: number;
}

/** What each reading shows of each state that a change leads through, asked of a disk that stands still. */
export class Truths {
  readonly #history: History;
  readonly #known = new Map<string, Truth | undefined>();

  constructor(history: History) {
    this.#history = history;
  }

  /** Nothing where the reading's handle cannot be opened in this state. */
  at(reading: Reading, state: number): Truth | undefined {
    const key = `${reading.name}/${state}`;
    if (!this.#known.has(key))
      this.#known.set(
        key,
        withWaits(
          () => undefined,
          () => this.#ask(reading, state),
        ),
      );
    return this.#known.get(key);
  }

  #ask(reading: Reading, state: number): Truth | undefined {
    const moving = new MovingDisk(this.#history, { start: state, moves: [] });
    const session = startSession(reading, this.#history.change, moving);
    if (!session) return undefined;
    moving.begin();
    const answer = answerOf(session, moving);
    moving.end();
    const isShown = answer.shown !== undefined;
    const again = isShown ? session.again?.() : undefined;
    const caughtUp = isShown ? session.catchUp?.() : undefined;
    session.close?.();
    return { answer, again, caughtUp, calls: moving.callCount, lists: moving.listCount };
  }
}

/** Nothing where there is no store to open. */
export function startSession(reading: Reading, change: Change, moving: MovingDisk): Session | undefined {
  try {
    return reading.start(change.directory ?? STORE, moving.port);
  } catch (error) {
    requireCode(error);
    return undefined;
  }
}

export function answerOf(session: Session, { disk }: MovingDisk): Answer {
  try {
    const shown = session.operate();
    return { shown: `${shown}\n${showTree(disk)}` };
  } catch (error) {
    return { code: requireCode(error), error };
  }
}
