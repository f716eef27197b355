import { filledStore, KEYS } from "./filled-store.js";

export const COUNT = 100_000;

const store = filledStore();

/** Gets what memory has. */
export function work(): void {
  for (let number = 0; number < COUNT; number++) store.get(KEYS[number % KEYS.length]!);
}
