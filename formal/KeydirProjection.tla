-------------------------- MODULE KeydirProjection --------------------------
(***************************************************************************)
(* The key directory in memory is what the log says: after each call,      *)
(* after an open, while groups are written and while a compaction moves    *)
(* records. Disk-rules R8, R10, R17.3, R20.                                *)
(*                                                                         *)
(* What is abstracted. The log is a set of records, each in a place of its *)
(* own; places ascend, and are never used again. A segment is a range of   *)
(* places. A place is in one segment; a compaction removes the oldest. The *)
(* value of a Put is the number of its call, 0 is a Delete. An open reads  *)
(* one record after the other.                                             *)
(*                                                                         *)
(* What is assumed. Of what was appended a crash leaves a first part, and  *)
(* never a part of a group (RecordLog has both); a segment is removed when *)
(* what was moved is durable (Compaction has that). A write may fail, and  *)
(* leaves nothing that a reader sees.                                      *)
(***************************************************************************)
EXTENDS Naturals, FiniteSets

CONSTANTS
  Keys,
  Calls,      \* so many puts, deletes and groups
  SegmentLen, \* so many places a segment
  Crashes,
  Fault       \* the rule that is left out, or "none"

VARIABLES
  log,        \* records that are there: place, key, value, and the place of the last record of its group
  end,        \* the next place
  first,      \* places before it were removed
  keydir,     \* where each key's value lies, 0 for nowhere
  step,       \* what the process does next
  at,         \* a reopening or a compaction has come to this place
  left

vars == <<log, end, first, keydir, step, at, left>>

Empty == [k \in Keys |-> 0]
Init ==
  /\ log = {} /\ end = 1 /\ first = 1 /\ keydir = Empty
  /\ step = "up" /\ at = 0
  /\ left = [calls |-> Calls, crashes |-> Crashes]

(* The rule: the last record of a key, if it is a Put.                     *)
Of(which) == {r \in log : r.key = which}
LastOf(whose) == {r \in Of(whose) : \A other \in log : other.key = whose => other.place <= r.place}
PlaceOf(it) == IF \E r \in LastOf(it) : r.value # 0 THEN (CHOOSE r \in LastOf(it) : TRUE).place ELSE 0
Projection == [k \in Keys |-> PlaceOf(k)]
Frame(place) == {r \in log : r.place = place}

Number == Calls - left.calls + 1
Rec(place, which, value, last) == [place |-> place, key |-> which, value |-> value, last |-> last]

(* One record: the key directory changes behind the write.                 *)
Put ==
  \E k \in Keys :
    /\ step \in {"up", "compacting"} /\ left.calls > 0
    /\ log' = log \cup {Rec(end, k, Number, end)}
    /\ end' = end + 1
    /\ keydir' = [keydir EXCEPT ![k] = end]
    /\ left' = [left EXCEPT !.calls = @ - 1]
    /\ UNCHANGED <<first, step, at>>
Delete ==
  \E k \in Keys :
    /\ step \in {"up", "compacting"} /\ left.calls > 0 /\ keydir[k] # 0
    /\ log' = log \cup {Rec(end, k, 0, end)}
    /\ end' = end + 1
    /\ keydir' = [keydir EXCEPT ![k] = IF Fault = "delete leaves the key" THEN @ ELSE 0]
    /\ left' = [left EXCEPT !.calls = @ - 1]
    /\ UNCHANGED <<first, step, at>>
(* A group: a Put and, of another key, a Put or a Delete.                  *)
Group ==
  \E k \in Keys : \E other \in Keys \ {k} : \E isPut \in BOOLEAN :
    /\ step \in {"up", "compacting"} /\ left.calls > 0
    /\ log' = log \cup {Rec(end, k, Number, end + 1), Rec(end + 1, other, IF isPut THEN Number ELSE 0, end + 1)}
    /\ end' = end + 2
    /\ keydir' = [keydir EXCEPT ![k] = end,
                    ![other] = IF isPut THEN end + 1 ELSE 0]
    /\ left' = [left EXCEPT !.calls = @ - 1]
    /\ UNCHANGED <<first, step, at>>
(* A write that fails: the handle is poisoned, and reads on.               *)
FailedPut ==
  \E k \in Keys :
    /\ step = "up" /\ left.calls > 0
    /\ keydir' = IF Fault = "changed before the write" THEN [keydir EXCEPT ![k] = end] ELSE keydir
    /\ step' = "poisoned"
    /\ left' = [left EXCEPT !.calls = @ - 1]
    /\ UNCHANGED <<log, end, first, at>>

(* A compaction of the oldest segment: its records are looked at one by    *)
(* one, a live Put is appended again, then the segment goes.               *)
Victim == {r \in log : r.place < first + SegmentLen}
BeginCompaction ==
  /\ step = "up" /\ end > first + SegmentLen
  /\ step' = "compacting" /\ at' = first
  /\ UNCHANGED <<log, end, first, keydir, left>>
MoveOrPass ==
  /\ step = "compacting" /\ at < first + SegmentLen
  /\ at' = at + 1
  /\ LET live == {k \in Keys : keydir[k] = at}
         moved == {Rec(end, r.key, r.value, end) : r \in {f \in Frame(at) : f.key \in live}}
     IN /\ log' = log \cup moved
        /\ end' = IF moved = {} THEN end ELSE end + 1
        /\ keydir' = [k \in Keys |-> IF k \in live /\ Fault # "place not followed" THEN end ELSE keydir[k]]
  /\ UNCHANGED <<first, step, left>>
RemoveVictim ==
  /\ step = "compacting" /\ at = first + SegmentLen
  /\ log' = {r \in log : r.place >= first + SegmentLen}
  /\ first' = first + SegmentLen
  /\ step' = "up" /\ at' = 0
  /\ UNCHANGED <<end, keydir, left>>
EndCompaction ==
  /\ step = "compacting"
  /\ step' = "up" /\ at' = 0
  /\ UNCHANGED <<log, end, first, keydir, left>>

(* A crash leaves a first part of the log; within a group nothing of it.   *)
Crash ==
  /\ left.crashes > 0
  /\ \E last \in (first - 1)..(end - 1) :
       /\ \A r \in log : r.place <= last => (r.last <= last \/ Fault = "half a group replayed")
       /\ log' = {r \in log : r.place <= last}
       /\ end' = last + 1
  /\ keydir' = Empty
  /\ step' = "replaying" /\ at' = first
  /\ left' = [left EXCEPT !.crashes = @ - 1]
  /\ UNCHANGED first
Close ==
  /\ step \in {"up", "poisoned"}
  /\ keydir' = Empty /\ step' = "replaying" /\ at' = first
  /\ left.crashes > 0 /\ left' = [left EXCEPT !.crashes = @ - 1]
  /\ UNCHANGED <<log, end, first>>
WasDeleted(which) == \E r \in Of(which) : r.value = 0 /\ r.place < at
Replay ==
  /\ step = "replaying" /\ at < end
  /\ at' = at + 1
  /\ keydir' = [k \in Keys |->
       IF \E r \in Frame(at) : r.key = k
       THEN IF \E r \in Frame(at) : r.value # 0 THEN (IF Fault = "deleted for good" /\ WasDeleted(k) THEN 0 ELSE at)
            ELSE IF Fault = "tombstone passed over" THEN keydir[k] ELSE 0
       ELSE keydir[k]]
  /\ UNCHANGED <<log, end, first, step, left>>
Opened ==
  /\ step = "replaying" /\ at = end
  /\ step' = "up" /\ at' = 0
  /\ UNCHANGED <<log, end, first, keydir, left>>

Next == \/ Put \/ Delete \/ Group \/ FailedPut
        \/ BeginCompaction \/ MoveOrPass \/ RemoveVictim \/ EndCompaction
        \/ Crash \/ Close \/ Replay \/ Opened
Spec == Init /\ [][Next]_vars

IsOpen == step \in {"up", "compacting", "poisoned"}
(* The key directory is the rule's.                                        *)
KeydirIsProjection == IsOpen => keydir = Projection
(* What get finds at a key's place is a Put of that key, and its last one. *)
LastWriteWins ==
  IsOpen => \A k \in Keys : keydir[k] # 0 =>
    \E r \in Frame(keydir[k]) : r.key = k /\ r.value # 0 /\ \A other \in Of(k) : other.place <= r.place
(* A key whose last record is a Delete is not there.                       *)
TombstoneDeletion == IsOpen => \A k \in Keys : (\E r \in LastOf(k) : r.value = 0) => keydir[k] = 0
(* A key that was put behind its Delete is there, with that value.         *)
PutAfterDeleteResurrectsNewValue ==
  IsOpen => \A k \in Keys : (\E r \in LastOf(k) : r.value # 0) => keydir[k] # 0
(* The two records of a group are both there, or neither.                  *)
WholeOrNot == IsOpen => \A r \in log : Frame(r.last) # {}
=============================================================================
