export function median(numbers) {
  const sorted = [...numbers].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

/** The middle of some numbers, and how far they lie apart. */
export function spread(numbers) {
  return { median: median(numbers), min: Math.min(...numbers), max: Math.max(...numbers) };
}

/** Round by round: what ran side by side is compared, so that a slow minute of the machine counts for both. */
export function ratios(over, under) {
  return over.map((number, round) => number / under[round]);
}
