/** A measured value, seconds from the start of its process. */
export interface Point {
  seconds: number;
  value: number;
}

/** The beginning, while tables and caches fill, is no trend. */
const SKIPPED_SHARE = 0.25;
const POINTS_MIN = 6;

export interface Slope {
  /** Growth in a second. */
  perSecond: number;
  /** How long it was looked at. */
  seconds: number;
}

/**
 * How a value grows: the median of the slopes between any two points of the last three quarters, which no single outlier
 * moves (Theil and Sen).
 *
 * @returns Nothing for too few points.
 */
export function slopeOf(points: readonly Point[]): Slope | undefined {
  const kept = points.slice(Math.floor(points.length * SKIPPED_SHARE));
  if (kept.length < POINTS_MIN) return undefined;
  const slopes = kept.flatMap((one, index) =>
    kept.slice(index + 1).map((other) => (other.value - one.value) / (other.seconds - one.seconds)),
  );
  return { perSecond: medianOf(slopes), seconds: kept.at(-1)!.seconds - kept[0]!.seconds };
}

function medianOf(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? 0;
}
