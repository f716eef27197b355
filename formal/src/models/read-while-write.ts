import type { Model } from "../model.js";

const HEAD = { Kind: '"log"', Repairs: "0", Replaced: "0", Refreshes: "0", Calls: "3" };
const STILL = { Removals: "0", Repairs: "0", Replaced: "0", Refreshes: "0" };
const COMPACTION = { Repairs: "0", Replaced: "0" };

export const readWhileWrite: Model = {
  name: "ReadWhileWrite",
  leastStates: 100_000,
  depth: 49,
  nightly: [{ Kind: '"log"' }, { Kind: '"follower"', Keys: "{1, 2}", Calls: "3" }],
  faults: [
    {
      name: "one listing trusted",
      breaks: "OfOneMoment",
      tells: "a listing shows a segment and not the one before it, which is made meanwhile",
      constants: { ...STILL, Kind: '"log"', Calls: "3", Segments: "3" },
    },
    {
      name: "empty listing trusted",
      breaks: "OfOneMoment",
      tells:
        "a listing shows nothing: the new segment was made behind the look for it, and the old one dropped before",
      constants: HEAD,
    },
    {
      name: "head not looked at again",
      breaks: "OfOneMoment",
      tells: "what was dropped meanwhile is shown beside what was appended behind the drop",
      constants: HEAD,
    },
    {
      name: "place proven before the reading",
      breaks: "OfOneMoment",
      tells: "behind the proof a repair cut the record, and what came in its place was read on from",
      constants: { Removals: "0", Replaced: "0" },
    },
    {
      name: "marker read once",
      breaks: "OfOneMoment",
      tells: "a listing shows neither what was removed nor where it was moved to",
      constants: { Segments: "3", Repairs: "0", Replaced: "0", Refreshes: "0", Calls: "3" },
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
      name: "removed segment not told",
      breaks: "OfOneMoment",
      tells: "a follower never hears of a Delete",
      constants: { ...COMPACTION, Kind: '"follower"', Keys: "{1, 2}", Calls: "3" },
    },
  ],
};
