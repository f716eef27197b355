import type { Model } from "../model.js";

/** Bounds in which most faults show at once. */
const SMALL = { Segments: "1", Groups: "FALSE" };
/** Two segments, and power cuts alone. */
const ROTATION = { Groups: "FALSE", Failures: "0" };
/** Two cuts in a row, one record: what a repair that was interrupted leaves. */
const TWO_CUTS = { ...SMALL, Appends: "1", Cuts: "2", Kills: "0", Failures: "0" };

export const recordLog: Model = {
  name: "RecordLog",
  leastStates: 100_000,
  depth: 43,
  nightly: [
    { Cuts: "2", Groups: "FALSE" },
    { Kills: "2", Segments: "1" },
  ],
  faults: [
    {
      name: "append behind a torn tail",
      breaks: "Durable",
      tells: "what was appended behind bytes that do not decode is never found again",
      constants: SMALL,
    },
    {
      name: "cut not synced",
      breaks: "Prefix",
      tells: "a record that was discarded comes back behind what was appended in its place",
      constants: { ...TWO_CUTS, Appends: "3" },
    },
    {
      name: "doubtful suffix trusted",
      breaks: "Durable",
      tells: "a sync failed, the next one succeeds, and what lies behind the lost record cannot be reached",
      constants: SMALL,
    },
    {
      name: "sync tried again",
      breaks: "Durable",
      tells: "a sync that failed is tried again, and its success believed",
      constants: SMALL,
    },
    {
      name: "acknowledged before the sync",
      breaks: "Durable",
      tells: "a caller is answered when the sync is submitted",
      constants: SMALL,
    },
    {
      name: "rotated without a sync",
      breaks: "Opens",
      tells: "a segment is sealed of which a power cut takes a part",
      constants: ROTATION,
    },
    {
      name: "acknowledged before the directory sync",
      breaks: "Durable",
      tells: "the new segment is synced, its name is not",
      constants: ROTATION,
    },
    {
      name: "journal removed before the sync",
      breaks: "Durable",
      tells: "what was cut stands in the journal alone, and that goes first",
      constants: TWO_CUTS,
    },
    {
      name: "journal named before its sync",
      breaks: "Durable",
      tells: "the journal has its name, and not its bytes",
      constants: TWO_CUTS,
    },
    {
      name: "no directory sync at open",
      breaks: "Durable",
      tells: "a journal whose removal was not synced comes back, and undoes what was acknowledged since",
      constants: { ...TWO_CUTS, Appends: "2", Kills: "2" },
    },
    {
      name: "cut before the journal's directory sync",
      breaks: "Durable",
      tells: "the cut survives, and the journal's name does not",
      constants: TWO_CUTS,
    },
    {
      name: "suffix journaled from a second read",
      breaks: "Durable",
      tells: "between the two reads the kernel drops what it had called written",
      constants: SMALL,
    },
    {
      name: "note before its sync",
      breaks: "Durable",
      tells: "the note says more than went through a sync",
      constants: SMALL,
    },
    {
      name: "group cut at a record",
      breaks: "WholeOrNot",
      tells: "the first record of a group is shown without the second",
      constants: { Segments: "1", Failures: "0", Kills: "0" },
    },
    {
      name: "cut before quarantine",
      breaks: "Kept",
      tells: "what stood behind the damage is gone",
      constants: SMALL,
    },
  ],
};
