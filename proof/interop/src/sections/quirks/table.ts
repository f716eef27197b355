import { mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { MAX_PAYLOAD_LEN } from "@datawal/format";
import { plainText } from "../../kit/records.js";
import { getBehindTear, laterReport } from "./answers.js";
import { compactAt, exportBeside, exportToBareName, leftCompaction } from "./copies.js";
import {
  afterTxid,
  deleteOfNothing,
  fromSegment,
  oddTxids,
  payloadOf,
  rotateTwice,
  sizeRotation,
  txids,
} from "./numbers.js";
import type { Quirk, Setting } from "./quirk.js";
import { linkToDirectory, openAt, poisonText, putGroupKey, readAt, unfinishedSwap } from "./refusals.js";
import { lockLines, showModes, staleLock, withUmask } from "./what-open-makes.js";

const TXID_MAX = 2n ** 64n - 1n;

export const QUIRKS: readonly Quirk[] = [
  ...[0o022, 0o077, 0o002, 0o000].map((umask) => ({
    what: `names and modes of what open, export and compaction make, umask ${umask.toString(8).padStart(3, "0")}`,
    show: (setting: Setting) => withUmask(umask, setting, showModes),
  })),
  { what: "the first line of the lock", show: async (setting) => (await lockLines(setting))[0]! },
  {
    what: "the further lines of the lock",
    show: async (setting) => plainText((await lockLines(setting)).slice(1).map((line) => line.split(" ")[0])),
    differs: "lock-keeps-a-note",
  },
  { what: "a lock with somebody else's text", show: staleLock },
  { what: "txids from 1, on through rotation and reopening", show: txids },
  {
    what: "txid 2^64 - 2 is the last that follows 2^64 - 3",
    show: (setting) => afterTxid(setting, TXID_MAX - 2n),
  },
  {
    what: "what follows txid 2^64 - 2",
    show: (setting) => afterTxid(setting, TXID_MAX - 1n),
    differs: "txid-limit-is-refused",
  },
  {
    what: "what follows txid 2^64 - 1",
    show: (setting) => afterTxid(setting, TXID_MAX),
    differs: "txid-limit-is-refused",
  },
  { what: "a log whose txids have gaps and repeat", show: oddTxids },
  { what: "segment 0", show: (setting) => fromSegment(setting, 0) },
  { what: "a first segment above 1", show: (setting) => fromSegment(setting, 41) },
  {
    what: "rotation past segment 99,999,999",
    show: (setting) => fromSegment(setting, 99_999_999),
    differs: "segment-id-limit-is-refused",
  },
  { what: "a payload of 64 MiB", show: (setting) => payloadOf(setting, MAX_PAYLOAD_LEN) },
  { what: "a payload of 64 MiB and a byte", show: (setting) => payloadOf(setting, MAX_PAYLOAD_LEN + 1) },
  {
    what: "putting the key of the heads of groups",
    show: putGroupKey,
    differs: "group-key-is-reserved",
  },
  { what: "the text of a poisoned handle", show: poisonText },
  {
    what: "a store's path that is a file",
    show: (setting) => openAt(setting, (path) => writeFileSync(path, "a file")),
  },
  {
    what: "a store's path that is a link to a directory",
    show: (setting) => openAt(setting, linkToDirectory),
  },
  {
    what: "a store's path that leads nowhere",
    show: (setting) => openAt(setting, (path) => symlinkSync("no", path)),
  },
  { what: "reading where nothing is", show: (setting) => readAt(setting, () => undefined) },
  { what: "reading a file", show: (setting) => readAt(setting, (path) => writeFileSync(path, "a file")) },
  { what: "reading an empty directory", show: (setting) => readAt(setting, (path) => void mkdirSync(path)) },
  {
    what: "compaction into an empty directory",
    show: (setting) => compactAt(setting, (path) => void mkdirSync(path)),
  },
  {
    what: "compaction onto a file",
    show: (setting) => compactAt(setting, (path) => writeFileSync(path, "a file")),
  },
  {
    what: "compaction where a killed one has left its temporary",
    show: (setting) => compactAt(setting, leftCompaction),
    differs: "compaction-can-be-tried-again",
  },
  { what: "export over a file", show: (setting) => exportBeside(setting, "out.jsonl") },
  {
    what: "export beside somebody's out.tmp",
    show: (setting) => exportBeside(setting, "out.tmp"),
    differs: "safeatomic-has-temporaries-of-its-own",
  },
  {
    what: "export to a bare name",
    show: exportToBareName,
    differs: "safeatomic-takes-bare-names",
  },
  { what: "the report after a later scan", show: laterReport, differs: "report-is-of-the-open" },
  { what: "get behind a torn tail", show: getBehindTear, differs: "get-proves-the-key" },
  { what: "an unfinished swap of stores", show: unfinishedSwap, differs: "unfinished-swap-is-refused" },
  {
    what: "deleting a key that is not there",
    show: deleteOfNothing,
    differs: "no-tombstone-for-what-is-not-there",
  },
  { what: "rotating twice", show: rotateTwice, differs: "no-empty-segment-is-sealed" },
  { what: "many records, nobody rotating", show: sizeRotation, differs: "segments-rotate-by-size" },
];
