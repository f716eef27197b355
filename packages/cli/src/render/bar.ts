/** A part of a bar: how much of it, and what it is drawn with. */
export interface BarPart {
  amount: number;
  character: string;
}

/**
 * A bar of exactly `width` characters, each part as long as its share; every part that is not nothing is at least one
 * long, while there is room for that.
 *
 * @param scale What the whole width stands for, at least the sum of the parts; the rest is spaces.
 */
export function renderBar(parts: readonly BarPart[], width: number, scale: number): string {
  const shown = parts.filter(({ amount }) => amount > 0).slice(0, width);
  const lengths = shown.map(({ amount }) => Math.max(1, Math.floor((amount / scale) * width)));
  fitInto(lengths, shown, width, scale);
  return shown
    .map(({ character }, index) => character.repeat(lengths[index]!))
    .join("")
    .padEnd(width);
}

/** Rounds: gives what the whole bar lacks to the parts that lost most, and takes what it has too much from the longest. */
function fitInto(lengths: number[], parts: readonly BarPart[], width: number, scale: number): void {
  const sum = () => lengths.reduce((total, length) => total + length, 0);
  const amount = parts.reduce((total, part) => total + part.amount, 0);
  const wanted = Math.max(parts.length, Math.round((amount / scale) * width));
  const lack = (index: number) => (parts[index]!.amount / scale) * width - lengths[index]!;
  const indexes = [...lengths.keys()];
  while (sum() < wanted) lengths[indexes.reduce((a, b) => (lack(b) > lack(a) ? b : a))]!++;
  while (sum() > wanted) lengths[indexes.reduce((a, b) => (lengths[b]! > lengths[a]! ? b : a))]!--;
}
