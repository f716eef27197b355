/** Three digits that count, and no more than a reader needs. */
export function format(number) {
  if (!Number.isFinite(number)) return "-";
  const size = Math.abs(number);
  if (size >= 100) return Math.round(number).toLocaleString("en-US");
  if (size >= 10) return number.toFixed(1);
  return number.toFixed(size >= 0.095 ? 2 : 3);
}
