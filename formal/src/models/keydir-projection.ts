import type { Model } from "../model.js";

export const keydirProjection: Model = {
  name: "KeydirProjection",
  leastStates: 10_000,
  depth: 16,
  nightly: [{ Crashes: "2" }],
  faults: [
    {
      name: "place not followed",
      breaks: "KeydirIsProjection",
      tells: "the key leads to a record that was moved",
    },
    {
      name: "changed before the write",
      breaks: "LastWriteWins",
      tells: "the write fails, and the key leads to nothing",
    },
    {
      name: "delete leaves the key",
      breaks: "TombstoneDeletion",
      tells: "a deleted key is still found",
    },
    {
      name: "tombstone passed over",
      breaks: "TombstoneDeletion",
      tells: "the next open brings a deleted key back",
    },
    {
      name: "deleted for good",
      breaks: "PutAfterDeleteResurrectsNewValue",
      tells: "a key that was put again stays away",
    },
    {
      name: "half a group replayed",
      breaks: "WholeOrNot",
      tells: "one of two records that belong together",
    },
  ],
};
