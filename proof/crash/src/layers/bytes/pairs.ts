/** The pairs of numbers below `count`, in order: 0 and 1, 0 and 2, ..., 1 and 2, ... */
export function pairOf(index: number, count: number): [number, number] {
  let [first, left] = [0, index];
  while (left >= count - 1 - first) {
    left -= count - 1 - first;
    first++;
  }
  return [first, first + 1 + left];
}
