import type { Model } from "../model.js";

export const lock: Model = {
  name: "Lock",
  leastStates: 10_000,
  depth: 18,
  nightly: [{ Files: "4", Deaths: "3" }],
  faults: [
    {
      name: "not looked at before a change",
      breaks: "OneWriter",
      tells: "the file was replaced, and two writers hold one each",
    },
    {
      name: "lock of the process",
      breaks: "OneWriter",
      tells: "a look at the file ends the lock of who looks",
    },
    {
      name: "lock that goes with the helper",
      breaks: "OneWriter",
      tells: "whoever took it for the writer is gone, and so is the lock",
    },
    {
      name: "not looked at behind locking",
      breaks: "NobodyBeside",
      tells: "the file was replaced between opening and locking",
    },
    {
      name: "looked at by taking it",
      breaks: "RefusedByWriter",
      tells: "an open is refused since somebody was looking",
    },
    {
      name: "descriptor handed down",
      breaks: "RefusedByWriter",
      tells: "the holder is dead, a child of his has the lock",
    },
  ],
};
