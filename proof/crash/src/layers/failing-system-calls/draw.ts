import { seededRandom } from "../../laboratory/seeded-random.js";

/**
 * Draws from groups in turn, so that a group of few has its share; the same seed draws the same.
 *
 * @returns `count` different members, or all there are.
 */
export function drawInTurn<Member>(groups: readonly Member[][], count: number, seed: number): Member[] {
  const random = seededRandom(seed);
  const rest = groups.map((group) => [...group]);
  const drawn: Member[] = [];
  while (drawn.length < count && rest.some(({ length }) => length > 0)) {
    for (const group of rest) {
      if (group.length === 0 || drawn.length === count) continue;
      drawn.push(...group.splice(Math.floor(random() * group.length), 1));
    }
  }
  return drawn;
}
