import type { Model } from "../model.js";

export const groupCommit: Model = {
  name: "GroupCommit",
  leastStates: 10_000,
  depth: 13,
  nightly: [{ Failures: "2" }],
  faults: [
    {
      name: "served by an earlier sync",
      breaks: "NobodyMisled",
      tells: "a caller is answered by a sync that began before his append",
    },
    {
      name: "two syncs on one description",
      breaks: "NobodyMisled",
      tells: "the failure was told to the other sync",
    },
    {
      name: "sync tried again",
      breaks: "NobodyMisled",
      tells: "a failure is told once, then the sync succeeds",
    },
    {
      name: "synced size read behind the sync",
      breaks: "NoteIsTrue",
      tells: "what was appended while it ran counts as synced",
    },
    {
      name: "waiters left asleep",
      breaks: "Answered",
      tells: "a sync fails, and those behind it are never answered",
    },
  ],
};
