import type { Files } from "@datawal/oracle";
import type { BaseStore } from "./base-store.js";
import { judgeDamagedStore, type PlantedFault, type Tell } from "./judge.js";

/** One kind of damage, at every place where it can be done. */
export interface DamageFamily {
  /** As a case names it, with its index: `one-bit/1234`. */
  name: string;
  count: number;
  /** What is done, and where. */
  describe(index: number): string;
  /** Does it, and asks the oracle. */
  judge(index: number, fault: PlantedFault, tell: Tell): void;
}

/** Damage to a store, told by what its segments are afterwards. */
export interface StoreDamage {
  name: string;
  count: number;
  describe(index: number): string;
  damaged(index: number): Files;
}

export function storeFamily(base: BaseStore, damage: StoreDamage): DamageFamily & StoreDamage {
  return {
    ...damage,
    judge: (index, fault, tell) => judgeDamagedStore(base, damage.damaged(index), fault, tell),
  };
}
