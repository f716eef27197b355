import type { Ledger } from "./ledger.js";
import type { Place } from "./place.js";

/** Something that is done to a store while its disk is recorded. */
export interface Workload {
  name: string;
  /** Makes what lies there before, and is durable. */
  prepare?(place: Place, ledger: Ledger): Promise<void>;
  perform(place: Place, ledger: Ledger): Promise<void>;
  /** Whether another program syncs whenever a name has changed. */
  isBesideSyncs?: boolean;
  /** Bytes behind the prepared store's last record, which an open cuts off and must keep. */
  tail?: Uint8Array;
}
