import type { Command } from "commander";
import { UsageFailure } from "../failure.js";
import { U32_MAX, U64_MAX, wholeNumber } from "./whole-number.js";

/** Where in a log a command begins. */
export interface PositionArguments {
  fromSegment?: number;
  fromOffset?: number;
}

export function addPositionOptions(command: Command): Command {
  return command
    .option("--from-segment <S>", "begin at this segment", wholeNumber(U32_MAX))
    .option("--from-offset <O>", "begin at this offset of that segment", wholeNumber(U64_MAX));
}

/**
 * Returns whether a record lies at or behind the position asked for.
 *
 * @throws UsageFailure: an offset without a segment
 */
export function positionFilter({
  fromSegment,
  fromOffset,
}: PositionArguments): (place: { segment: number; offset: number }) => boolean {
  if (fromSegment === undefined && fromOffset !== undefined) {
    throw new UsageFailure("--from-offset needs --from-segment");
  }
  const first = { segment: fromSegment ?? 0, offset: fromOffset ?? 0 };
  return ({ segment, offset }) =>
    segment > first.segment || (segment === first.segment && offset >= first.offset);
}
