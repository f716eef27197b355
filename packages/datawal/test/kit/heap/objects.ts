export const COUNT = 60_000;

const kept: unknown[] = [];

/** The smallest objects there are, which nobody keeps for long. */
export function work(): void {
  for (let number = 0; number < COUNT; number++) kept[number & 7] = {};
}
