----------------------------- MODULE RecordLog -----------------------------
(***************************************************************************)
(* One log on one disk: appends, groups, syncs, rotation, crashes, and the *)
(* repair of a tail. Disk-rules R1, R3, R4, R5, R6, R8, R14 (order of      *)
(* names) and R20.                                                         *)
(*                                                                         *)
(* What is abstracted. A segment is a row of cells, one for each frame. A  *)
(* cell is a number: 0 is what does not decode, be it zeros, stale bytes   *)
(* or half a frame; 10 n is a record; 10 n + 1, + 2, + 3 are the head of a *)
(* group and its two records. Only the last two segments are there.        *)
(*                                                                         *)
(* What is assumed. A crash keeps of each cell that waits for its write    *)
(* the new or what the disk had there, the size independent of it, and of  *)
(* the changes of names any subset. A write-back that fails leaves cells   *)
(* that are shown, that no sync writes, and that may vanish (Evict). It is *)
(* told once: to the sync of who has the file open, or of who opens it     *)
(* next. The note survives a kill; a power cut leaves it, one from before, *)
(* or none. Nobody else writes, bits do not rot, writes behind a poisoned     *)
(* handle are refused before they reach the disk.                          *)
(***************************************************************************)
EXTENDS Naturals, Sequences, FiniteSets

CONSTANTS
  Appends,    \* so many calls of append
  Segments,   \* 1 or 2
  Cuts,       \* so many power cuts
  Kills,      \* so many kills
  Failures,   \* so many write-backs that fail
  Groups,     \* whether an append may be a group
  Fault       \* the rule that is left out, or "none"

VARIABLES
  segs,       \* the segments: shown cells, cells on disk, which of the shown wait to be written
  names,      \* names that lead to segments, and to the journal: shown, and on disk
  journal,    \* cells that the journal holds, and where they belong
  quarantine, \* cells that were kept before they were cut: under a name that is shown, and on disk
  note,       \* so many cells of the last segment went through a sync, as the note says; Nothing where there is none
  owed,       \* whether a failed write-back is still to be told
  step,       \* what the process does next
  memory,     \* cells that recovery has verified behind the proven ones, which are proven, whose journal it is
  log,        \* what the handle shows
  history,    \* what was shown when the log was opened, and appended since
  acked,      \* so many of these are acknowledged
  cutAway,    \* cells that a repair has cut
  left        \* how many of each event may still come

vars == <<segs, names, journal, quarantine, note, owed, step, memory, log, history, acked, cutAway, left>>

Nothing == 99
NoMemory == [cells |-> <<>>, proven |-> 0, end |-> 0, found |-> FALSE]
None == [cells |-> <<>>, at |-> 0, synced |-> TRUE]
Max(a, b) == IF a > b THEN a ELSE b
Min(a, b) == IF a < b THEN a ELSE b
Largest(S) == CHOOSE n \in S : \A m \in S : m <= n
Cells(s) == {s[i] : i \in 1..Len(s)}
IsPrefix(a, b) == Len(a) <= Len(b) /\ SubSeq(b, 1, Len(a)) = a

(* A row of cells as a log: it ends before the first that does not decode, *)
(* and before the head of a group that is not whole (R20.1).               *)
IsHead(cell) == cell % 10 = 1
Decodes(s, n) == \A i \in 1..n : s[i] # 0
WholeGroups(s, n) == \A i \in 1..n : IsHead(s[i]) => i + 2 <= n /\ s[i + 1] = s[i] + 1 /\ s[i + 2] = s[i] + 2
ValidEnd(s) == Largest({n \in 0..Len(s) : Decodes(s, n) /\ (Fault = "group cut at a record" \/ WholeGroups(s, n))})

Last == names.shown
Active == segs[Last]
Sealed(n) == n < Last
Shown == IF Last = 1 THEN segs[1].shown ELSE segs[1].shown \o segs[2].shown
Valid == LET end == ValidEnd(Active.shown)
         IN IF Last = 1 THEN SubSeq(segs[1].shown, 1, end) ELSE segs[1].shown \o SubSeq(segs[2].shown, 1, end)

(* What a disk has once the cells `kept` of those that wait are written,   *)
(* and its size is `size`; of the others it has what was there before, or  *)
(* zeros where `zeros` says so. Between two syncs a cut may have reached   *)
(* the disk alone: `least` is the least size that the segment had.         *)
OnDisk(seg, i) == IF i <= Len(seg.disk) THEN seg.disk[i] ELSE 0
Written(seg, kept, size, zeros) ==
  [i \in 1..size |-> IF i \in kept THEN seg.shown[i] ELSE IF zeros /\ i > seg.least THEN 0 ELSE OnDisk(seg, i)]
Sizes(seg) == (Min(seg.least, Len(seg.shown))..Len(seg.shown)) \cup {Len(seg.disk)}
Zeros(seg) == IF seg.least < Len(seg.disk) THEN BOOLEAN ELSE {FALSE}
Stored(seg, cells) == [seg EXCEPT !.disk = cells, !.waits = {}, !.least = Len(seg.shown)]
Synced(seg) == Stored(seg, Written(seg, seg.waits, Len(seg.shown), FALSE))
AppendTo(seg, cells) ==
  [seg EXCEPT !.shown = @ \o cells, !.waits = @ \cup ((Len(seg.shown) + 1)..(Len(seg.shown) + Len(cells)))]
CutTo(seg, size) ==
  [seg EXCEPT !.shown = SubSeq(@, 1, size), !.waits = {i \in @ : i <= size}, !.least = Min(@, size)]
Whole(cells) == [shown |-> cells, disk |-> cells, waits |-> {}, least |-> Len(cells)]
EmptySegment == Whole(<<>>)

Init ==
  /\ segs = [n \in 1..Segments |-> EmptySegment]
  /\ names = [shown |-> 1, disk |-> 1, journal |-> FALSE, journalOnDisk |-> FALSE]
  /\ journal = None
  /\ quarantine = [shown |-> {}, disk |-> {}]
  /\ note = 0
  /\ owed = FALSE
  /\ step = "open"
  /\ memory = NoMemory
  /\ log = <<>> /\ history = <<>> /\ acked = 0
  /\ cutAway = {}
  /\ left = [appends |-> Appends, cuts |-> Cuts, kills |-> Kills, failures |-> Failures]

Disk == <<segs, names, journal, quarantine>>
Handle == <<log, history, acked>>

-----------------------------------------------------------------------------
(* Writing (R1, R3, R5, R20).                                              *)

Number == Appends - left.appends + 1

(* One write. It may be short: then what follows its whole frames does not *)
(* decode, and the handle is poisoned.                                     *)
Write(cells, isWhole) ==
  /\ segs' = [segs EXCEPT ![Last] = AppendTo(@, cells)]
  /\ left' = [left EXCEPT !.appends = @ - 1]
  /\ history' = IF isWhole THEN history \o cells ELSE history
  /\ log' = IF isWhole THEN log \o cells ELSE log
  /\ step' = IF isWhole THEN step ELSE "poisoned"
  /\ UNCHANGED <<names, journal, quarantine, note, owed, memory, acked, cutAway>>

Append1 == step = "up" /\ left.appends > 0 /\ Write(<<10 * Number>>, TRUE)
AppendGroup ==
  /\ step = "up" /\ left.appends > 0 /\ Groups
  /\ Write(<<10 * Number + 1, 10 * Number + 2, 10 * Number + 3>>, TRUE)
ShortWrite == step = "up" /\ left.appends > 0 /\ left.failures > 0
  /\ \/ Write(<<0>>, FALSE)
     \/ Groups /\ Write(<<10 * Number + 1, 0>>, FALSE)
     \/ Groups /\ Write(<<10 * Number + 1, 10 * Number + 2, 0>>, FALSE)

(* A sync of the handle that succeeds; then the note says so, and who      *)
(* waits for it is answered.                                               *)
SyncHandle ==
  /\ step = "up" /\ ~owed
  /\ acked < Len(history)
  /\ segs' = [segs EXCEPT ![Last] = Synced(@)]
  /\ step' = "synced"
  /\ UNCHANGED <<names, journal, quarantine, note, owed, memory, Handle, cutAway, left>>
NoteSynced ==
  /\ step = "synced"
  /\ note' = Len(Active.shown) /\ acked' = Len(history)
  /\ step' = "up"
  /\ UNCHANGED <<Disk, owed, memory, log, history, cutAway, left>>

(* Fault "acknowledged before the sync".                                   *)
AcknowledgeEarly ==
  /\ Fault = "acknowledged before the sync"
  /\ step = "up" /\ acked < Len(history) /\ acked' = Len(history)
  /\ UNCHANGED <<Disk, note, owed, step, memory, log, history, cutAway, left>>

(* A write-back fails: the kernel calls what waits written, and any of it  *)
(* may be on the disk. The failure is owed to the next sync.               *)
WriteBackFails ==
  /\ left.failures > 0 /\ Active.waits # {}
  /\ step \in {"up", "poisoned", "down"}
  /\ \E kept \in SUBSET Active.waits : \E size \in Sizes(Active) :
       segs' = [segs EXCEPT ![Last] = Stored(@, Written(Active, kept, size, FALSE))]
  /\ owed' = TRUE
  /\ left' = [left EXCEPT !.failures = @ - 1]
  /\ UNCHANGED <<names, journal, quarantine, note, step, memory, Handle, cutAway>>
SyncTold ==
  /\ step = "up" /\ owed
  /\ acked < Len(history)
  /\ segs' = [segs EXCEPT ![Last] = Synced(@)]
  /\ owed' = FALSE
  /\ step' = IF Fault = "sync tried again" THEN "up" ELSE "poisoned"
  /\ UNCHANGED <<names, journal, quarantine, note, memory, Handle, cutAway, left>>
NoteBeforeSync ==
  /\ Fault = "note before its sync"
  /\ step = "up" /\ note # Len(Active.shown) /\ note' = Len(Active.shown)
  /\ UNCHANGED <<Disk, owed, step, memory, Handle, cutAway, left>>
(* The kernel drops what it calls written.                                 *)
Lies == {i \in 1..Len(Active.shown) : i \notin Active.waits /\ OnDisk(Active, i) # Active.shown[i]}
Evict ==
  /\ Lies # {}
  /\ segs' = [segs EXCEPT ![Last].shown = Written(Active, Active.waits, Len(Active.shown), FALSE)]
  /\ UNCHANGED <<names, journal, quarantine, note, owed, step, memory, Handle, cutAway, left>>

(* Rotation: the sync of the old segment is SyncHandle.                    *)
CreateSegment ==
  /\ step = "up" /\ Last < Segments
  /\ Len(Active.shown) > 0
  /\ Fault = "rotated without a sync" \/ (acked = Len(history) /\ ~owed)
  /\ names' = [names EXCEPT !.shown = 2]
  /\ segs' = [segs EXCEPT ![2] = EmptySegment]
  /\ step' = "rotate" /\ note' = Nothing
  /\ UNCHANGED <<journal, quarantine, owed, memory, Handle, cutAway, left>>
SyncNewName ==
  /\ step = "rotate"
  /\ names' = IF Fault = "acknowledged before the directory sync" THEN names ELSE [names EXCEPT !.disk = names.shown]
  /\ step' = "note of the new one" /\ owed' = FALSE
  /\ UNCHANGED <<segs, journal, quarantine, note, memory, Handle, cutAway, left>>
NoteNew ==
  /\ step = "note of the new one"
  /\ note' = 0 /\ step' = "up"
  /\ UNCHANGED <<Disk, owed, memory, Handle, cutAway, left>>

-----------------------------------------------------------------------------
(* What happens to the machine.                                            *)

Closed == /\ step' = "down"
          /\ memory' = NoMemory
          /\ log' = <<>>
          /\ UNCHANGED <<history, acked, cutAway>>

Kill ==
  /\ step # "down" /\ left.kills > 0
  /\ left' = [left EXCEPT !.kills = @ - 1]
  /\ UNCHANGED <<Disk, note, owed>>
  /\ Closed

(* A power cut: of each segment what was written and any of what waits, of *)
(* the names any of the changes.                                           *)
Crashed(n, kept, size, zeros) == Whole(Written(segs[n], kept, size, zeros))
PowerCut ==
  /\ left.cuts > 0
  /\ left' = [left EXCEPT !.cuts = @ - 1]
  /\ \E shown \in {names.shown, names.disk} : \E isJournal \in {names.journal, names.journalOnDisk} :
       names' = [shown |-> shown, disk |-> shown, journal |-> isJournal, journalOnDisk |-> isJournal]
  /\ \E kept \in SUBSET Active.waits : \E size \in Sizes(Active) : \E zeros \in Zeros(Active) :
       IF Last = 1 \/ segs[1].waits = {} THEN segs' = [segs EXCEPT ![Last] = Crashed(Last, kept, size, zeros)]
       ELSE \E other \in SUBSET segs[1].waits : \E otherSize \in Sizes(segs[1]) :
              segs' = [segs EXCEPT ![1] = Crashed(1, other, otherSize, FALSE),
                                   ![Last] = Crashed(Last, kept, size, zeros)]
  /\ \E kept \in {quarantine.shown, quarantine.disk} : quarantine' = [shown |-> kept, disk |-> kept]
  /\ journal' = IF journal.synced THEN journal ELSE [journal EXCEPT !.cells = <<0>>, !.synced = TRUE]
  /\ note' \in (IF names'.shown # names.shown THEN {Nothing} \cup (0..Len(segs[1].shown))
                ELSE {Nothing} \cup (0..(IF note = Nothing THEN 0 ELSE note)))
  /\ owed' = FALSE
  /\ Closed

-----------------------------------------------------------------------------
(* Opening (R1, R4, R5, R8), a step for each effect.                       *)

Open == step = "down" /\ step' = "open" /\ UNCHANGED <<Disk, note, owed, memory, Handle, cutAway, left>>

SyncNames ==
  /\ step = "open"
  /\ IF Fault = "no directory sync at open" THEN UNCHANGED <<names, quarantine>>
     ELSE /\ names' = [names EXCEPT !.disk = names.shown, !.journalOnDisk = names.journal]
          /\ quarantine' = [quarantine EXCEPT !.disk = quarantine.shown]
  /\ step' = IF names.journal THEN "cut" ELSE "prove"
  /\ memory' = IF names.journal
               THEN [cells |-> journal.cells, proven |-> journal.at, end |-> journal.at + Len(journal.cells), found |-> TRUE]
               ELSE memory
  /\ UNCHANGED <<segs, journal, note, owed, Handle, cutAway, left>>

(* How many cells are proven: by the note, or by open's own sync, of which *)
(* a note says before that nothing is, since a failure is told only once.  *)
NoteNothing ==
  /\ step = "prove" /\ note = Nothing
  /\ note' = 0 /\ step' = "prove without a note"
  /\ UNCHANGED <<Disk, owed, memory, Handle, cutAway, left>>
Proven(cells) == [memory EXCEPT !.proven = cells]
SyncOwn ==
  /\ step \in {"prove", "prove without a note"}
  /\ step = "prove" => note # Nothing
  /\ segs' = [segs EXCEPT ![Last] = Synced(@)]
  /\ owed' = FALSE
  /\ memory' = Proven(IF step = "prove" /\ Fault # "doubtful suffix trusted" THEN note
                      ELSE IF owed THEN 0 ELSE Len(Active.shown))
  /\ step' = IF step = "prove without a note" /\ ~owed THEN "take the note back" ELSE "read"
  /\ UNCHANGED <<names, journal, quarantine, note, Handle, cutAway, left>>
TakeNoteBack ==
  /\ step = "take the note back"
  /\ note' = Nothing /\ step' = "read"
  /\ UNCHANGED <<Disk, owed, memory, Handle, cutAway, left>>

(* The look at the log: where it ends, and what is verified behind what is *)
(* proven.                                                                 *)
Read ==
  /\ step = "read"
  /\ IF Last > 1 /\ ValidEnd(segs[1].shown) # Len(segs[1].shown) THEN
       step' = "refused" /\ UNCHANGED memory
     ELSE LET end == ValidEnd(Active.shown)
              proven == Min(memory.proven, end)
          IN /\ memory' = [cells |-> SubSeq(Active.shown, proven + 1, end), proven |-> proven, end |-> end, found |-> FALSE]
             /\ step' = IF Fault = "append behind a torn tail" THEN "note"
                        ELSE IF end < Len(Active.shown) THEN (IF Fault = "cut before quarantine" THEN "cut" ELSE "quarantine")
                        ELSE IF proven < end THEN "write journal" ELSE "note"
  /\ UNCHANGED <<Disk, note, owed, Handle, cutAway, left>>

(* A file gets its name when its bytes are synced; before that it is a     *)
(* temporary, which the next open removes.                                 *)
WriteTemporary == step \in {"read", "quarantine", "write journal"} /\ UNCHANGED vars
RemoveTemporary == step \in {"prove", "cut"} /\ UNCHANGED vars

Behind == Cells(SubSeq(Active.shown, memory.end + 1, Len(Active.shown))) \ {0}
AfterQuarantine == IF memory.cells # <<>> THEN "write journal" ELSE "cut"
(* Zeros alone are not kept.                                               *)
KeepNothing ==
  /\ step = "quarantine" /\ Behind = {}
  /\ step' = AfterQuarantine
  /\ UNCHANGED <<Disk, note, owed, memory, Handle, cutAway, left>>
SyncQuarantine ==
  /\ step = "quarantine"
  /\ step' = "name quarantine"
  /\ UNCHANGED <<Disk, note, owed, memory, Handle, cutAway, left>>
Keep ==
  /\ step = "name quarantine"
  /\ quarantine' = [quarantine EXCEPT !.shown = @ \cup Behind]
  /\ step' = "quarantine named"
  /\ UNCHANGED <<segs, names, journal, note, owed, memory, Handle, cutAway, left>>
SyncKept ==
  /\ step = "quarantine named"
  /\ quarantine' = [quarantine EXCEPT !.disk = quarantine.shown]
  /\ names' = [names EXCEPT !.disk = names.shown, !.journalOnDisk = names.journal]
  /\ step' = AfterQuarantine
  /\ UNCHANGED <<segs, journal, note, owed, memory, Handle, cutAway, left>>

Reread == SubSeq(Active.shown, memory.proven + 1, memory.end)
WriteJournal ==
  /\ step = "write journal"
  /\ journal' = [cells |-> IF Fault = "suffix journaled from a second read" THEN Reread ELSE memory.cells,
                 at |-> memory.proven, synced |-> Fault # "journal named before its sync"]
  /\ memory' = [memory EXCEPT !.cells = journal'.cells]
  /\ step' = "name journal"
  /\ UNCHANGED <<segs, names, quarantine, note, owed, Handle, cutAway, left>>
NameJournal ==
  /\ step = "name journal"
  /\ names' = [names EXCEPT !.journal = TRUE]
  /\ step' = IF Fault = "cut before the journal's directory sync" THEN "cut" ELSE "sync journal's name"
  /\ UNCHANGED <<segs, journal, quarantine, note, owed, memory, Handle, cutAway, left>>
SyncJournalName ==
  /\ step = "sync journal's name"
  /\ names' = [names EXCEPT !.journalOnDisk = TRUE]
  /\ step' = "cut"
  /\ UNCHANGED <<segs, journal, quarantine, note, owed, memory, Handle, cutAway, left>>

AfterRepair == IF memory.found THEN "note of the finished repair" ELSE "note"
Cut ==
  /\ step = "cut"
  /\ segs' = [segs EXCEPT ![Last] = CutTo(@, memory.proven)]
  /\ cutAway' = cutAway \cup (Cells(SubSeq(Active.shown, memory.proven + 1, Len(Active.shown))) \ ({0} \cup Cells(memory.cells)))
  /\ step' = "append again"
  /\ UNCHANGED <<names, journal, quarantine, note, owed, memory, Handle, left>>
AppendAgain ==
  /\ step = "append again"
  /\ segs' = [segs EXCEPT ![Last] = AppendTo(@, memory.cells)]
  /\ step' = IF Fault = "cut not synced" THEN (IF names.journal THEN "remove journal" ELSE AfterRepair)
             ELSE IF Fault = "journal removed before the sync" /\ names.journal THEN "remove journal" ELSE "sync repair"
  /\ UNCHANGED <<names, journal, quarantine, note, owed, memory, Handle, cutAway, left>>
SyncRepair ==
  /\ step = "sync repair"
  /\ segs' = [segs EXCEPT ![Last] = Synced(@)]
  /\ step' = IF names.journal THEN "remove journal" ELSE AfterRepair
  /\ UNCHANGED <<names, journal, quarantine, note, owed, memory, Handle, cutAway, left>>
RemoveJournal ==
  /\ step = "remove journal"
  /\ names' = [names EXCEPT !.journal = FALSE]
  /\ step' = "sync removal"
  /\ UNCHANGED <<segs, journal, quarantine, note, owed, memory, Handle, cutAway, left>>
SyncRemoval ==
  /\ step = "sync removal"
  /\ names' = [names EXCEPT !.journalOnDisk = FALSE]
  /\ journal' = None
  /\ step' = IF Fault = "journal removed before the sync" THEN "sync repair" ELSE AfterRepair
  /\ UNCHANGED <<segs, quarantine, note, owed, memory, Handle, cutAway, left>>
(* A repair that an earlier open has begun is finished: then open begins.  *)
NoteFinished ==
  /\ step = "note of the finished repair"
  /\ note' = Len(Active.shown)
  /\ memory' = NoMemory
  /\ step' = "prove"
  /\ UNCHANGED <<Disk, owed, Handle, cutAway, left>>
WriteNote ==
  /\ step = "note"
  /\ note' = Len(Active.shown)
  /\ log' = Valid
  /\ step' = "told"
  /\ UNCHANGED <<Disk, owed, memory, history, acked, cutAway, left>>
(* What open reports is durable (R8): from here on it counts as            *)
(* acknowledged, and what is not in it was discarded.                      *)
Serve ==
  /\ step = "told"
  /\ history' = log /\ acked' = Len(log)
  /\ step' = "up"
  /\ UNCHANGED <<Disk, note, owed, memory, log, cutAway, left>>

-----------------------------------------------------------------------------
Next ==
  \/ Append1 \/ AppendGroup \/ ShortWrite
  \/ SyncHandle \/ NoteSynced \/ AcknowledgeEarly \/ WriteBackFails \/ SyncTold \/ NoteBeforeSync \/ Evict
  \/ CreateSegment \/ SyncNewName \/ NoteNew
  \/ Kill \/ PowerCut
  \/ Open \/ SyncNames \/ NoteNothing \/ SyncOwn \/ TakeNoteBack \/ Read
  \/ WriteTemporary \/ RemoveTemporary \/ KeepNothing \/ SyncQuarantine \/ Keep \/ SyncKept \/ WriteJournal \/ NameJournal \/ SyncJournalName
  \/ Cut \/ AppendAgain \/ SyncRepair \/ RemoveJournal \/ SyncRemoval \/ NoteFinished \/ WriteNote \/ Serve
Spec == Init /\ [][Next]_vars

(* The sentences of the oracle.                                            *)
Durable == step = "told" => Len(log) >= acked
Prefix == step = "told" => IsPrefix(log, history)
Opens == step # "refused"
WholeOrNot == step = "told" => WholeGroups(log, Len(log))
Kept == cutAway \subseteq quarantine.disk
=============================================================================
