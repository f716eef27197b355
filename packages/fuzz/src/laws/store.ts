import fc from "fast-check";
import { anyStoreOperations, type StoreOperation } from "../arbitraries/operation.js";
import type { Awaitable } from "../machines/place.js";
import { StoreMachine, type StorePlace } from "../machines/store-machine.js";

/** Makes an empty place for a store of pairs, each time another one. */
export type StoreUnderTest = () => Awaitable<StorePlace>;

/**
 * The law of a store of pairs, over programs of up to 60 operations: it shows what a Map does; behind each crash what the
 * Map was behind one of the changes, a batch being one, and no earlier one than was synced; compaction and swap leave the
 * pairs as they are; and in half of the runs a reader and a follower beside it show what the writer has.
 */
export function keepsPairs(store: StoreUnderTest): fc.IAsyncPropertyWithHooks<[StoreOperation[], boolean]> {
  return fc.asyncProperty(anyStoreOperations(), fc.boolean(), async (program, isReadBeside) => {
    await StoreMachine.run(await store(), program, isReadBeside);
  });
}
