import { basename } from "node:path";
import type { Effect } from "./tracing-disk.js";

/** The actions of RecordLog.tla that an effect on a store may be: what stands behind a name decides, and the model which. */
const ACTIONS: readonly (readonly [effect: RegExp, actions: readonly string[]])[] = [
  [/^lock \.lock/, ["Open"]],
  [/^lock\.writeNote/, ["NoteSynced", "NoteNew", "NoteNothing", "TakeNoteBack", "NoteFinished", "WriteNote"]],
  [/^lock\.release/, ["Kill"]],
  [/^fsyncDirectory(Sync)? /, ["SyncNames", "SyncKept", "SyncJournalName", "SyncRemoval", "SyncNewName"]],
  [/^open \d+\.dwal$/, ["CreateSegment"]],
  [/^file\.append(Parts)? \d+\.dwal$/, ["Append1", "AppendGroup", "AppendAgain"]],
  [/^file\.truncate \d+\.dwal$/, ["Cut"]],
  [/^file\.fsync(Sync)? \d+\.dwal$/, ["SyncHandle", "SyncOwn", "SyncRepair"]],
  [/^file\.fsync(Sync)? \d+\.dwal fails$/, ["SyncTold", "SyncOwn"]],
  [/^(open|file\.append(Parts)?) .*\.new$/, ["WriteTemporary"]],
  [/^file\.fsync(Sync)? .*\.tail\.new$/, ["WriteJournal"]],
  [/^file\.fsync(Sync)? .*\.cut-.*\.new$/, ["SyncQuarantine"]],
  [/^rename .*\.tail$/, ["NameJournal"]],
  [/^(rename|link) .*\.cut-[\d-]+$/, ["Keep"]],
  [/^removeFile .*\.tail$/, ["RemoveJournal"]],
  [/^removeFile .*\.new$/, ["RemoveTemporary"]],
];

/** None where the model knows no such effect: then the trace is rejected. */
export function actionsFor({ operation, path, to, failed }: Effect): readonly string[] {
  const text = `${operation} ${basename(path)}${to ? ` to ${basename(to)}` : ""}${failed ? " fails" : ""}`;
  return ACTIONS.find(([effect]) => effect.test(text))?.[1] ?? [];
}
