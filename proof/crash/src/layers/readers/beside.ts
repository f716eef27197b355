import { attempt, type Ending } from "./attempt.js";
import { CHANGES, STORE } from "./changes.js";
import { attemptFollowing, LogOrder } from "./following.js";
import { type History, historyOf } from "./history.js";
import type { MovingDisk } from "./moving-disk.js";
import { READINGS } from "./readings.js";
import type { PairExtent } from "./schedules.js";
import { Truths } from "./truths.js";

/** A reading operation beside a changing one. */
export interface Beside {
  name: string;
  history: History;
  extent(): PairExtent;
  /** @throws BrokenDemand */
  attempt(moving: MovingDisk): Ending | Promise<Ending>;
}

/** Where a listing of 900 names ends its first system call (32 KiB), and names near it. */
const LARGE_CUTS = [0, 450, 818, 819, 820, 899];
/** A follower's calls from one look to a second one that shows it the change. */
const FOLLOWED_CALLS = 40;

/** Every reading beside every change, or of the one name. */
export function* allBesides(name?: string): Generator<Beside> {
  for (const change of CHANGES.filter(
    (change) => name === undefined || name.endsWith(` beside ${change.name}`),
  )) {
    const history = historyOf(change);
    const { listedBy } = change;
    const cuts = listedBy ? LARGE_CUTS : cutsOf(history);
    const steps = history.steps.length;
    const truths = new Truths(history);
    for (const reading of READINGS) {
      if (listedBy && !listedBy.includes(reading.name)) continue;
      yield {
        name: `${reading.name} beside ${change.name}`,
        history,
        extent: () => {
          const { calls, lists } = truths.at(reading, 0) ?? truths.at(reading, steps)!;
          return { calls: listedBy ? 0 : calls, lists, steps, cuts };
        },
        attempt: (moving) => attempt({ reading, history, truths }, moving),
      };
    }
    if (change.directory || listedBy) continue;
    const order = new LogOrder(history);
    yield {
      name: `follow beside ${change.name}`,
      history,
      extent: () => ({ calls: FOLLOWED_CALLS, lists: 2, steps, cuts }),
      attempt: (moving) => attemptFollowing(history, order, moving),
    };
  }
}

/** After none of the store's names, after all of them, and after each. */
function cutsOf(history: History): number[] {
  const { length } = history.prepare().list(STORE);
  return Array.from({ length: length + 1 }, (_, cut) => cut);
}
