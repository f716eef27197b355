import type { Flaw } from "./flaw.js";
import { pastTheLastId, throughALink } from "./names-and-links.js";
import { flippedBit, missingSegment, zeroEnd } from "./rot-and-gaps.js";
import { cutOff } from "./three-records.js";
import { appendAfter, fullDisk, rotateAfterTear } from "./torn-tail.js";
import { neighbouringFile, wrongValue } from "./wrong-targets.js";

export const FLAWS: readonly Flaw[] = [
  {
    title: "A record appended behind a torn tail is lost",
    steps: "Three records; a crash cuts 5 bytes off the last; open, append, fsync, close; open again.",
    show: (stage) => appendAfter(stage, (path) => cutOff(path, 5)),
  },
  {
    title: "A record appended behind a torn header makes the store unopenable",
    steps: "Three records; a crash leaves 3 bytes of the last; open, append, fsync, close; open again.",
    show: (stage) => appendAfter(stage, (path) => cutOff(path, 30)),
  },
  {
    title: "The advice for a full disk leads to the same loss",
    steps:
      "Append until the file may not grow; the handle is poisoned and says: drop handle and reopen; reopen, now with space, append, fsync; open again.",
    show: fullDisk,
  },
  {
    title: "Rotating behind a torn tail makes the store unopenable",
    steps: "Three records; a crash cuts 5 bytes off the last; open, rotate, close; open again.",
    show: rotateAfterTear,
  },
  {
    title: "A flipped bit drops all later records without a word",
    steps: "Three records; one bit of the first payload is turned over; open.",
    show: flippedBit,
  },
  {
    title: "A zero-filled end makes the store unopenable",
    steps: "Three records; a power cut leaves 100 zero bytes behind them; open.",
    show: zeroEnd,
  },
  {
    title: "Segment 100,000,000 is written and never found again",
    steps: "A store whose segment is 99999999.dwal; rotate, append, fsync, close; open again.",
    show: pastTheLastId,
  },
  {
    title: "Opening a store empties a file outside of it",
    steps: "00000001.dwal is a link to the segment, which lies on another disk; open.",
    show: throughALink,
  },
  {
    title: "A missing segment brings deleted keys back without a word",
    steps:
      "Put a key; the delete is in segment 2, another record in segment 3; segment 2 goes missing; open.",
    show: missingSegment,
  },
  {
    title: "get returns the value of another key",
    steps: "A torn tail of 40 bytes; put key-0 to key-2, whose frames are 40 bytes each; get key-1.",
    show: wrongValue,
  },
  {
    title: "write_atomic destroys a file beside its target",
    steps: "Somebody's notes.tmp; write_atomic notes.json.",
    show: neighbouringFile,
  },
];
