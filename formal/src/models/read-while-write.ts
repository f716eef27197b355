import type { Model } from "../model.js";

const STILL = { Removals: "0", Repairs: "0", Replaced: "0", Refreshes: "0" };
const COMPACTION = { Repairs: "0", Replaced: "0" };

export const readWhileWrite: Model = {
  name: "ReadWhileWrite",
  leastStates: 100_000,
  depth: 44,
  nightly: [{ Kind: '"log"' }, { Kind: '"follower"', Keys: "{1, 2}", Calls: "3" }],
  faults: [
    {
      name: "one listing trusted",
      breaks: "OfOneMoment",
      tells: "a listing shows a segment and not the one before it, which is made meanwhile",
      constants: { ...STILL, Kind: '"log"', Calls: "3", Segments: "3" },
    },
    {
      name: "vanished segment passed over",
      breaks: "OfOneMoment",
      tells: "what was moved out of it lies where the reader has been",
      constants: COMPACTION,
    },
    {
      name: "place proven by its txid",
      breaks: "OfOneMoment",
      tells: "a repair cut the record, and another one got its txid",
      constants: { Removals: "0", Replaced: "0" },
    },
    {
      name: "position kept by inode number",
      breaks: "OfOneMoment",
      tells: "another file has got the number",
      constants: { Removals: "0", Repairs: "0" },
    },
    {
      name: "note from before the compaction",
      breaks: "OfOneMoment",
      tells: "a repair cuts what was moved, when what it was moved from is gone",
      constants: { Calls: "1", Replaced: "0" },
    },
    {
      name: "newest record dropped",
      breaks: "OfOneMoment",
      tells: "txids begin again, and a place that is none is taken for the old one",
      constants: { Kind: '"log"', Repairs: "0" },
    },
    {
      name: "removed segment not told",
      breaks: "OfOneMoment",
      tells: "a follower never hears of a Delete",
      constants: { ...COMPACTION, Kind: '"follower"', Keys: "{1, 2}", Calls: "3" },
    },
  ],
};
