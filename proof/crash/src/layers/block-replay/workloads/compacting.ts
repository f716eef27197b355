import type { Workload } from "../workload.js";
import { openStore, prepareStore, putAll } from "./stores.js";

/** A store of some segments is compacted in place, and again, while its user goes on. */
export const compactInPlace: Workload = {
  name: "compact-in-place",
  prepare: prepareStore,
  async perform(place, ledger) {
    ledger.isCompacted = true;
    await using db = await openStore(place);
    for (const minWasteRatio of [0, 0.5]) {
      putAll(db, ledger.puts(6, 3000));
      let callsCount = 0;
      const onProgress = () => {
        callsCount++;
        if (callsCount % 8 === 1) putAll(db, [ledger.put(700)]);
        if (callsCount % 20 === 19) db.delete(ledger.delete());
      };
      await db.compact({ minWasteRatio, onProgress });
      const { count } = ledger;
      await db.fsync();
      await ledger.acknowledge(count);
    }
  },
};
