import { filledStore, KEYS, VALUE } from "./filled-store.js";

export const COUNT = 100_000;

const store = filledStore();

/** Puts what is there already, key by key. */
export function work(): void {
  for (let number = 0; number < COUNT; number++) store.put(KEYS[number % KEYS.length]!, VALUE);
}
