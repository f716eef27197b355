import type { Model } from "../model.js";

/** In place, and nothing is swapped or left. */
const IN_PLACE = { Swaps: "0", Skips: "FALSE", Calls: "2" };
/** No power cut is needed. */
const UNCUT = { Swaps: "0", Cuts: "0" };
/** A copy and its swap, nothing compacted in place. */
const SWAP = { Runs: "0", Calls: "2", Segments: "1" };

export const compaction: Model = {
  name: "Compaction",
  leastStates: 100_000,
  depth: 39,
  nightly: [
    { PutsLater: "TRUE" },
    { PutsLater: "TRUE", Cuts: "2", Swaps: "0" },
    { Runs: "2", Swaps: "0", Skips: "FALSE" },
  ],
  faults: [
    {
      name: "tombstone dropped out of order",
      breaks: "Unchanged",
      tells: "a deleted key comes back from a segment that was left",
      constants: UNCUT,
    },
    {
      name: "looked and appended in two turns",
      breaks: "Unchanged",
      tells: "an old value is appended behind the new one",
      constants: UNCUT,
    },
    {
      name: "youngest first",
      breaks: "Unchanged",
      tells: "a Delete goes before the Put that it deleted",
      constants: UNCUT,
    },
    {
      name: "newest record not moved",
      breaks: "TxidsGoOn",
      tells: "txids that were acknowledged are given away again",
      constants: IN_PLACE,
    },
    {
      name: "victim removed before the sync",
      breaks: "Durable",
      tells: "the copies are lost, and what they are copies of is gone",
      constants: IN_PLACE,
    },
    {
      name: "marker not synced",
      breaks: "HolesAreNamed",
      tells: "the removal survives, the marker does not",
      constants: IN_PLACE,
    },
    {
      name: "marker named before its sync",
      breaks: "HolesAreNamed",
      tells: "the removal and the marker's name survive, what it says does not",
      constants: IN_PLACE,
    },
    {
      name: "new name not synced",
      breaks: "HolesAreNamed",
      tells: "a power cut takes the name of a segment, and leaves that of the next one",
      constants: IN_PLACE,
    },
    {
      name: "marker not pruned",
      breaks: "NamedAreGone",
      tells: "a segment that is there is named: were it taken away by hand, nobody would be told",
      constants: IN_PLACE,
    },
    {
      name: "swap not proven",
      breaks: "Durable",
      tells: "what was put behind the copy is lost",
      constants: SWAP,
    },
    {
      name: "old store removed before the sync",
      breaks: "Durable",
      tells: "the removal survives, the copy's name does not",
      constants: SWAP,
    },
    {
      name: "empty store made",
      breaks: "Durable",
      tells: "a swap was cut in two, and the next open makes a new store",
      constants: SWAP,
    },
  ],
};
