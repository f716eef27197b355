import { isWithin, showsCompacted } from "../beside-compaction.js";

/**
 * Whether what a command printed beside a drop is, up to the record that it tells, the log from beginnings that it had,
 * and behind that one whole state; where it tells none, it ended in the middle.
 *
 * @param states In order. What follows them may be read behind a segment that is gone by then.
 */
export function isToldApart(lines: readonly string[], gone: number, states: readonly string[]): boolean {
  const known = states.map((state) => state.split("\n"));
  const ever = [...new Set(known.flat())];
  const logs = known.map(([first]) => ever.slice(ever.indexOf(first!)));
  if (Number.isNaN(gone)) return areBeginnings(lines, logs);
  return states.includes(lines.slice(gone).join("\n")) && areBeginnings(lines.slice(0, gone), logs);
}

function areBeginnings(lines: readonly string[], logs: readonly string[][]): boolean {
  if (lines.length === 0) return true;
  return logs.some((log) => {
    const differs = lines.findIndex((line, index) => line !== log[index]);
    const shared = differs < 0 ? lines.length : differs;
    return shared > 0 && areBeginnings(lines.slice(shared), logs);
  });
}

/**
 * The same beside a compaction, which takes away a segment when what was needed of it has been printed already, or comes
 * behind: up to the record that is told, a beginning of what it led through; behind that the whole of it.
 */
export function isToldApartCompacted(
  lines: readonly string[],
  gone: number,
  states: readonly string[],
): boolean {
  if (Number.isNaN(gone)) return isBeginningOfCompacted(lines, states);
  const behind = lines.slice(gone);
  const isWhole = isOnce(behind) && showsCompacted({ shows: "records" }, behind.join("\n"), states);
  return isWhole && isBeginningOfCompacted(lines.slice(0, gone), states);
}

/** Each line is known and there once, and of some state nothing is passed over up to the last line that is there. */
function isBeginningOfCompacted(lines: readonly string[], states: readonly string[]): boolean {
  if (lines.length === 0) return true;
  const begun = new Set(lines);
  const beginnings = states.map((state) => {
    const known = state.split("\n");
    return known.slice(0, known.findLastIndex((line) => begun.has(line)) + 1);
  });
  const known = new Set(states.flatMap((state) => state.split("\n")));
  const isKnown = lines.every((line) => known.has(line));
  return isOnce(lines) && isKnown && beginnings.some((state) => state.length > 0 && isWithin(state, lines));
}

function isOnce(lines: readonly string[]): boolean {
  return new Set(lines).size === lines.length;
}
