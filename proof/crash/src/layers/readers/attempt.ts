import { BrokenDemand } from "../broken-demand.js";
import { isAllowed } from "./allowed-codes.js";
import { showsCompacted } from "./beside-compaction.js";
import type { Change } from "./changes.js";
import { requireCode } from "./codes.js";
import type { History } from "./history.js";
import type { MovingDisk } from "./moving-disk.js";
import { type Reading, type Session, showTree } from "./readings.js";
import { type Answer, answerOf, startSession, type Truth, type Truths } from "./truths.js";
import { withWaits } from "./waits.js";

/** One reading beside one change. */
export interface Pair {
  reading: Reading;
  history: History;
  truths: Truths;
}

/** Changes after which a file that somebody has open is as it was, or longer. */
const LEAVES_FILES: ReadonlySet<Change["effect"]> = new Set(["grows", "drops", "compacts", "replaces"]);

/** How a reading ended: not begun where its handle could not be opened. */
export type Ending = "shown" | "refused" | "not begun";

export const ONE_STATE = "what a reader shows was the store's state at some instant";
export const SAME_AGAIN = "a handle keeps to what it showed, or says that it cannot";
export const FORWARD = "a refresh shows the store as it is, and never an earlier one";
export const ALLOWED = "a reader fails only where it may, and publishes nothing then";

/**
 * Makes a reading beside a change and judges what it shows.
 *
 * @param moving The disk, which its schedule moves on.
 * @throws BrokenDemand
 */
export function attempt(pair: Pair, moving: MovingDisk): Ending {
  return withWaits(
    () => moving.pass("wait"),
    () => attemptNow(pair, moving),
  );
}

function attemptNow(pair: Pair, moving: MovingDisk): Ending {
  const session = startSession(pair.reading, pair.history.change, moving);
  if (!session) return "not begun";
  const first = moving.made;
  moving.begin();
  const answer = answerOf(session, moving);
  moving.end();
  const matching = judgeAnswer(pair, session, answer, [first, moving.made]);
  if (answer.code !== undefined) requireNothingPublished(moving);
  moving.moveToEnd();
  judgeHandle(pair, session, matching);
  session.close?.();
  const { openFileCount } = moving;
  if (openFileCount > 0) throw new BrokenDemand("8 no leak", `${openFileCount} files are open behind close`);
  return answer.code === undefined ? "shown" : "refused";
}

/** The states that the handle may show from here on. */
function judgeAnswer(
  { reading, history: { change }, truths }: Pair,
  { isOfHandle, mayFail }: Session,
  answer: Answer,
  [first, last]: [first: number, last: number],
): Truth[] {
  const states = statesFrom(first, isOfHandle ? first : last);
  const known = states.flatMap((state) => truths.at(reading, state) ?? []);
  if (answer.code !== undefined) {
    const isTrue = known.some((truth) => truth.answer.code === answer.code);
    const isKept = mayFail?.() === false && LEAVES_FILES.has(change.effect);
    const looksAgain = reading.shows === "values" && change.effect === "compacts";
    if (!isTrue && (isKept || looksAgain || !isAllowed(answer.code, change)))
      throw new BrokenDemand(ALLOWED, String(answer.error));
    return known.slice(0, 1);
  }
  const matching = known.filter((truth) => truth.answer.shown === answer.shown);
  if (matching.length > 0) return matching;
  if (change.effect === "compacts") {
    const all = statesFrom(first, last).flatMap((state) => truths.at(reading, state)?.answer.shown ?? []);
    if (showsCompacted(reading, answer.shown, all)) return known;
  }
  const texts = new Set(known.map((truth) => truth.answer.shown ?? truth.answer.code));
  throw new BrokenDemand(
    ONE_STATE,
    `shown:\n${answer.shown}\nbut the states were:\n${[...texts].join("\n--\n")}`,
  );
}

/** What a handle answers when all has changed, and what it shows after a refresh. */
function judgeHandle(pair: Pair, session: Session, matching: readonly Truth[]): void {
  const { reading, history, truths } = pair;
  const { again, catchUp } = session;
  const { change, steps } = history;
  if (again) {
    const shown = orCode(again, SAME_AGAIN, (code) => isAllowed(code, change));
    const isSame = matching.some((truth) => truth.again === shown);
    if (shown !== undefined && !isSame && !isMovedOn(pair, shown))
      throw new BrokenDemand(SAME_AGAIN, `shown:\n${shown}\nshown before:\n${matching[0]?.again}`);
  }
  if (catchUp) {
    const shown = orCode(catchUp, FORWARD, (code) => isAllowed(code, change));
    const truth = truths.at(reading, steps.length)?.caughtUp;
    const isSame = change.effect === "compacts" && showsCompacted({}, shown ?? "", [truth ?? ""]);
    if (shown !== undefined && shown !== truth && !isSame)
      throw new BrokenDemand(FORWARD, `shown:\n${shown}\nthe store has:\n${truth}`);
  }
}

/** Beside a compaction in place a `get` looks again where it finds its segment gone. */
function isMovedOn({ reading, history: { change, steps }, truths }: Pair, shown: string): boolean {
  if (change.effect !== "compacts") return false;
  const all = statesFrom(0, steps.length).flatMap((state) => truths.at(reading, state)?.again ?? []);
  return showsCompacted(reading.shows === "records" ? reading : { shows: "values" }, shown, all);
}

function orCode(
  show: () => string | undefined,
  demand: string,
  isAllowed: (code: string) => boolean,
): string | undefined {
  try {
    return show();
  } catch (error) {
    if (!isAllowed(requireCode(error))) throw new BrokenDemand(demand, String(error));
    return undefined;
  }
}

function requireNothingPublished({ disk }: MovingDisk): void {
  const tree = showTree(disk);
  if (tree !== "") throw new BrokenDemand(ALLOWED, `it failed, and left ${tree}`);
}

function statesFrom(first: number, last: number): number[] {
  return Array.from({ length: last - first + 1 }, (_, index) => first + index);
}
