----------------------------- MODULE Compaction -----------------------------
(***************************************************************************)
(* A store of pairs that is compacted in place, or copied and swapped,     *)
(* while it is written. Disk-rules R14, R16, R17.                          *)
(*                                                                         *)
(* What is abstracted. A segment is a set of records, whose txids give     *)
(* their order. A value is the number of the call that put it; 0 says that *)
(* the key was deleted. A tail is always repaired: of the active segment a *)
(* power cut leaves what was synced, and some of the first records behind  *)
(* (RecordLog has how). A new segment gets its name, and then that is      *)
(* synced; nothing is appended in between.                                 *)
(*                                                                         *)
(* What is assumed. A power cut keeps any subset of the changes of names   *)
(* that were not synced. Nobody else writes.                               *)
(***************************************************************************)
EXTENDS Naturals, FiniteSets

CONSTANTS
  Keys,
  Calls,      \* so many puts and deletes
  PutsLater,  \* whether there are puts behind a cut or a kill, too
  Segments,   \* so many segments, one behind the other
  Runs,       \* so many compactions
  Skips,      \* whether a segment with waste may be left, as a minimum of waste does
  Swaps,      \* so many copies that are swapped in
  Cuts,       \* so many power cuts
  Fault       \* the rule that is left out, or "none"

VARIABLES
  segs,       \* the records of each segment
  there,      \* ids that the directory shows, and that it has on disk
  marker,     \* ids that the marker names, as shown and on disk
  active,     \* the segment that is appended to
  synced,     \* the last txid that went through a sync
  base,       \* the pairs when the store was opened
  calls,      \* what was put and deleted since, by number
  acked,      \* all calls up to this one are acknowledged
  floor,      \* the largest txid that was ever acknowledged
  step,       \* what the process does next
  run,        \* the compaction that is under way
  swap,       \* a copy, and how far its swap has come
  left        \* how many of each event may still come

vars == <<segs, there, marker, active, synced, base, calls, acked, floor, step, run, swap, left>>

Ids == 1..Segments
Max(S) == IF S = {} THEN 0 ELSE CHOOSE n \in S : \A m \in S : m <= n
Min(S) == CHOOSE n \in S : \A m \in S : n <= m
Records(ids) == UNION {segs[id] : id \in ids}
All == Records(there.shown)
LastIn(those) == Max({one.txid : one \in those})
ValueIn(among, which) == LET last == LastIn({r \in among : r.key = which})
                         IN IF last = 0 THEN 0 ELSE (CHOOSE r \in among : r.txid = last).value
Live == LET pairs == All IN [key \in Keys |-> ValueIn(pairs, key)]
LastTxid == LastIn(All)
IsNewest(rec) == rec.txid = LastTxid
IsLivePut(rec) == rec.value # 0 /\ \A o \in All : o.key # rec.key \/ o.txid <= rec.txid
IsWaste(it) == ~IsLivePut(it) /\ (it.value # 0 \/ ~IsNewest(it))
HasWaste(id) == \E r \in segs[id] : IsWaste(r)

(* The pairs after the calls up to n.                                      *)
After(n) == [key \in Keys |->
  LET mine == {c \in calls : c.key = key /\ c.number <= n}
  IN IF mine = {} THEN base[key] ELSE (CHOOSE c \in mine : \A d \in mine : d.number <= c.number).value]
LastCall == Max({c.number : c \in calls})

NoRun == [at |-> 0, until |-> 0, victim |-> 0, todo |-> {}, held |-> {}, isLeft |-> FALSE]
NoSwap == [copy |-> {}, isMade |-> FALSE, done |-> 0, pending |-> {}]

Init ==
  /\ segs = [id \in Ids |-> {}]
  /\ there = [shown |-> {1}, disk |-> {1}]
  /\ marker = [shown |-> {}, disk |-> {}]
  /\ active = 1 /\ synced = 0
  /\ base = [key \in Keys |-> 0] /\ calls = {} /\ acked = 0 /\ floor = 0
  /\ step = "idle" /\ run = NoRun /\ swap = NoSwap
  /\ left = [calls |-> Calls, runs |-> Runs, swaps |-> Swaps, cuts |-> Cuts]

Files == <<there, marker>>
Told == <<base, calls, acked, floor>>
IsRotating == there.shown \ there.disk # {} /\ Fault # "new name not synced"
IsUp == step \notin {"down", "told"} /\ ~IsRotating

-----------------------------------------------------------------------------
(* What users do, also between the steps of a compaction.                  *)

Add(key, value) == segs' = [segs EXCEPT ![active] = @ \cup {[txid |-> LastTxid + 1, key |-> key, value |-> value]}]
Number == Calls - left.calls + 1
Call(key, value) ==
  /\ IsUp /\ left.calls > 0 /\ swap.done = 0
  /\ Add(key, value)
  /\ calls' = calls \cup {[number |-> Number, key |-> key, value |-> value]}
  /\ left' = [left EXCEPT !.calls = @ - 1]
  /\ UNCHANGED <<Files, active, synced, base, acked, floor, step, run, swap>>
Put == (PutsLater \/ left.cuts = Cuts) /\ \E key \in Keys : Call(key, Number)
Delete == \E key \in Keys : Live[key] # 0 /\ Call(key, 0)

AllSynced == synced' = LastTxid /\ acked' = LastCall /\ floor' = LastTxid
Sync ==
  /\ IsUp /\ synced < LastTxid /\ swap.done = 0
  /\ AllSynced
  /\ UNCHANGED <<segs, Files, active, base, calls, step, run, swap, left>>
(* R3: the old segment is synced before the new one is made.               *)
Rotate ==
  /\ IsUp /\ active < Segments /\ segs[active] # {} /\ swap.done = 0
  /\ synced = LastTxid
  /\ active' = active + 1
  /\ there' = [there EXCEPT !.shown = @ \cup {active + 1}]
  /\ UNCHANGED <<segs, marker, synced, Told, step, run, swap, left>>
SyncRotation ==
  /\ IsRotating /\ step \notin {"down", "told", "sync the marker", "sync the removal"}
  /\ there' = [there EXCEPT !.disk = there.shown]
  /\ marker' = [marker EXCEPT !.disk = marker.shown]
  /\ UNCHANGED <<segs, active, synced, Told, step, run, swap, left>>

-----------------------------------------------------------------------------
(* Compaction in place (R17.1 to R17.4).                                   *)

Begin ==
  /\ step = "idle" /\ left.runs > 0 /\ ~HasWaste(active) /\ swap.done = 0
  /\ step' = "choose"
  /\ run' = [NoRun EXCEPT !.until = active]
  /\ left' = [left EXCEPT !.runs = @ - 1]
  /\ UNCHANGED <<segs, Files, active, synced, Told, swap>>
Ahead == {id \in there.shown : id > run.at /\ id < run.until}
Next1 == IF Fault = "youngest first" THEN Max(Ahead) ELSE Min(Ahead)
Choose ==
  /\ step = "choose" /\ Ahead # {}
  /\ \/ /\ HasWaste(Next1) \/ segs[Next1] = {}
        /\ run' = [run EXCEPT !.at = IF Fault = "youngest first" THEN @ ELSE Next1,
                              !.until = IF Fault = "youngest first" THEN Next1 ELSE @,
                              !.victim = Next1, !.todo = segs[Next1]]
        /\ step' = "move"
     \/ /\ ~HasWaste(Next1) \/ Skips
        /\ run' = [run EXCEPT !.at = Next1, !.isLeft = @ \/ HasWaste(Next1)]
        /\ step' = "choose"
  /\ UNCHANGED <<segs, Files, active, synced, Told, swap, left>>
End ==
  /\ step = "choose" /\ Ahead = {}
  /\ step' = "idle" /\ run' = NoRun
  /\ UNCHANGED <<segs, Files, active, synced, Told, swap, left>>
Abort ==
  /\ step \in {"choose", "move", "sync"}
  /\ step' = "idle" /\ run' = NoRun
  /\ UNCHANGED <<segs, Files, active, synced, Told, swap, left>>

Looked == CHOOSE r \in run.todo : \A other \in run.todo : r.txid <= other.txid
IsNeeded(r) ==
  \/ IsLivePut(r)
  \/ IsNewest(r) /\ Fault # "newest record not moved"
  \/ /\ r.value = 0 /\ Live[r.key] = 0
     /\ run.isLeft /\ Fault # "tombstone dropped out of order"
Passed == run' = [run EXCEPT !.todo = @ \ {Looked}, !.held = {}]
Skip ==
  /\ step = "move" /\ run.todo # {} /\ ~IsNeeded(Looked) /\ run.held = {}
  /\ Passed
  /\ UNCHANGED <<segs, Files, active, synced, Told, step, swap, left>>
Move ==
  /\ step = "move" /\ run.todo # {} /\ ~IsRotating /\ Fault # "looked and appended in two turns"
  /\ IsNeeded(Looked)
  /\ Add(Looked.key, Looked.value)
  /\ Passed
  /\ UNCHANGED <<Files, active, synced, Told, step, swap, left>>
LookFirst ==
  /\ Fault = "looked and appended in two turns"
  /\ step = "move" /\ run.todo # {} /\ run.held = {} /\ IsNeeded(Looked)
  /\ run' = [run EXCEPT !.held = {Looked}]
  /\ UNCHANGED <<segs, Files, active, synced, Told, step, swap, left>>
AppendLater ==
  /\ step = "move" /\ run.held # {}
  /\ Add(Looked.key, Looked.value)
  /\ Passed
  /\ UNCHANGED <<Files, active, synced, Told, step, swap, left>>
Moved ==
  /\ step = "move" /\ run.todo = {}
  /\ step' = IF Fault = "victim removed before the sync" THEN "name" ELSE "sync"
  /\ UNCHANGED <<segs, Files, active, synced, Told, run, swap, left>>
NothingToSync ==
  /\ step = "sync" /\ synced = LastTxid
  /\ step' = "name"
  /\ UNCHANGED <<segs, Files, active, synced, Told, run, swap, left>>
SyncMoved ==
  /\ step = "sync" /\ synced < LastTxid /\ ~IsRotating
  /\ AllSynced
  /\ step' = "name"
  /\ UNCHANGED <<segs, Files, active, base, calls, run, swap, left>>
SyncTemporary ==
  /\ step = "name"
  /\ step' = "name the marker"
  /\ UNCHANGED <<segs, Files, active, synced, Told, run, swap, left>>
NameVictim ==
  /\ step = "name the marker"
  /\ marker' = [marker EXCEPT !.shown = @ \cup {run.victim}]
  /\ step' = IF Fault = "marker not synced" THEN "remove" ELSE "sync the marker"
  /\ UNCHANGED <<segs, there, active, synced, Told, run, swap, left>>
(* What was named before its bytes were synced has its name on the disk.   *)
SyncMarker ==
  /\ step = "sync the marker"
  /\ marker' = IF Fault = "marker named before its sync" THEN marker ELSE [marker EXCEPT !.disk = marker.shown]
  /\ there' = [there EXCEPT !.disk = there.shown]
  /\ step' = "remove"
  /\ UNCHANGED <<segs, active, synced, Told, run, swap, left>>
RemoveVictim ==
  /\ step = "remove"
  /\ there' = [there EXCEPT !.shown = @ \ {run.victim}]
  /\ step' = "sync the removal"
  /\ UNCHANGED <<segs, marker, active, synced, Told, run, swap, left>>
SyncRemoval ==
  /\ step = "sync the removal"
  /\ there' = [there EXCEPT !.disk = there.shown]
  /\ marker' = IF Fault = "marker named before its sync" THEN marker ELSE [marker EXCEPT !.disk = marker.shown]
  /\ run' = [run EXCEPT !.victim = 0]
  /\ step' = "choose"
  /\ UNCHANGED <<segs, active, synced, Told, swap, left>>

-----------------------------------------------------------------------------
(* compactTo, and the swap (R9, R16): done counts the changes of names,    *)
(* 1 the store is renamed, 2 the copy gets its name, 3 the old one goes.   *)

Copy ==
  /\ step = "idle" /\ left.swaps > 0 /\ ~swap.isMade
  /\ swap' = [NoSwap EXCEPT !.copy = {r \in All : IsLivePut(r)}, !.isMade = TRUE]
  /\ left' = [left EXCEPT !.swaps = @ - 1]
  /\ UNCHANGED <<segs, Files, active, synced, Told, step, run>>
CopyHolds == \A key \in Keys : ValueIn(swap.copy, key) = Live[key]
GiveUpCopy ==
  /\ step = "idle" /\ swap.isMade /\ swap.done = 0 /\ ~CopyHolds
  /\ swap' = NoSwap
  /\ UNCHANGED <<segs, Files, active, synced, Told, step, run, left>>
RenameStore ==
  /\ step = "idle" /\ swap.isMade /\ swap.done = 0
  /\ CopyHolds \/ Fault = "swap not proven"
  /\ AllSynced
  /\ swap' = [swap EXCEPT !.done = 1, !.pending = {1}]
  /\ UNCHANGED <<segs, Files, active, base, calls, step, run, left>>
RenameCopy ==
  /\ IsUp /\ swap.done = 1
  /\ swap' = [swap EXCEPT !.done = 2, !.pending = @ \cup {2}]
  /\ UNCHANGED <<segs, Files, active, synced, Told, step, run, left>>
SyncParent ==
  /\ IsUp /\ swap.done \in {2, 3} /\ swap.pending # {}
  /\ swap' = [swap EXCEPT !.pending = {}]
  /\ UNCHANGED <<segs, Files, active, synced, Told, step, run, left>>
RemoveOld ==
  /\ IsUp /\ swap.done = 2
  /\ swap.pending = {} \/ Fault = "old store removed before the sync"
  /\ swap' = [swap EXCEPT !.done = 3, !.pending = @ \cup {3}]
  /\ UNCHANGED <<segs, Files, active, synced, Told, step, run, left>>
(* What is the store now.                                                  *)
Becomes(records) ==
  /\ segs' = [id \in Ids |-> IF id = 1 THEN records ELSE {}]
  /\ there' = [shown |-> {1}, disk |-> {1}]
  /\ marker' = [shown |-> {}, disk |-> {}]
  /\ active' = 1
  /\ synced' = Max({r.txid : r \in records})
  /\ floor' = Max({r.txid : r \in records})
SwapOver ==
  /\ IsUp /\ swap.done = 3 /\ swap.pending = {}
  /\ Becomes(swap.copy)
  /\ swap' = NoSwap
  /\ UNCHANGED <<base, calls, acked, step, run, left>>

-----------------------------------------------------------------------------
(* Power cuts and kills, and the next open.                                *)

PowerCut ==
  /\ left.cuts > 0 /\ step # "down"
  /\ left' = [left EXCEPT !.cuts = @ - 1]
  /\ step' = "down" /\ run' = NoRun
  /\ \E gone \in SUBSET (there.disk \ there.shown) : \E made \in SUBSET (there.shown \ there.disk) :
       there' = [shown |-> (there.disk \ gone) \cup made, disk |-> (there.disk \ gone) \cup made]
  /\ active' = Max(there'.shown)
  /\ \E named \in {marker.shown, marker.disk} : marker' = [shown |-> named, disk |-> named]
  /\ \E last \in synced..LastTxid : segs' = [segs EXCEPT ![active] = {r \in @ : r.txid <= last}]
  /\ \E changes \in SUBSET swap.pending :
       swap' = [swap EXCEPT !.pending = ((1..swap.done) \ swap.pending) \cup changes]
  /\ UNCHANGED <<synced, Told>>
Kill ==
  /\ left.cuts > 0 /\ step # "down"
  /\ left' = [left EXCEPT !.cuts = @ - 1]
  /\ step' = "down" /\ run' = NoRun
  /\ swap' = [swap EXCEPT !.pending = 1..swap.done]
  /\ UNCHANGED <<segs, Files, active, synced, Told>>

(* While the process is down, pending says which changes were made.        *)
Open ==
  /\ step = "down"
  /\ step' = "told" /\ swap' = NoSwap
  /\ IF 2 \in swap.pending THEN Becomes(swap.copy)
     ELSE IF 1 \in swap.pending /\ (3 \in swap.pending \/ Fault = "empty store made") THEN Becomes({})
     ELSE /\ synced' = LastTxid
          /\ there' = [there EXCEPT !.disk = there.shown]
          /\ marker' = IF Fault = "marker not pruned" THEN [marker EXCEPT !.disk = marker.shown]
                       ELSE [shown |-> marker.shown \ there.shown, disk |-> marker.shown \ there.shown]
          /\ UNCHANGED <<segs, active, floor>>
  /\ UNCHANGED <<base, calls, acked, run, left>>
Serve ==
  /\ step = "told"
  /\ step' = "idle"
  /\ base' = Live /\ calls' = {} /\ acked' = 0 /\ floor' = LastTxid
  /\ UNCHANGED <<segs, Files, active, synced, run, swap, left>>

(* What leaves the model as it is: the note, temporaries, and what an open *)
(* does to a tail (RecordLog).                                             *)
(* Next need not name it.                                                  *)
Note == UNCHANGED vars
WriteTemporary == step \in {"name", "told"} /\ UNCHANGED vars
Recover == step = "told" /\ UNCHANGED vars

-----------------------------------------------------------------------------
Next ==
  \/ Put \/ Delete \/ Sync \/ Rotate \/ SyncRotation
  \/ Begin \/ Choose \/ End \/ Abort
  \/ Skip \/ Move \/ LookFirst \/ AppendLater \/ Moved
  \/ NothingToSync \/ SyncMoved \/ SyncTemporary \/ NameVictim \/ SyncMarker \/ RemoveVictim \/ SyncRemoval
  \/ Copy \/ GiveUpCopy \/ RenameStore \/ RenameCopy \/ SyncParent \/ RemoveOld \/ SwapOver
  \/ PowerCut \/ Kill \/ Open \/ Serve
Spec == Init /\ [][Next]_vars

(* The pairs are those after some call, none before what is acknowledged.  *)
Durable == step = "told" => \E n \in acked..Max({acked, LastCall}) : Live = After(n)
(* While the store is open they are those after the last call.             *)
Unchanged == IsUp /\ swap.done = 0 => Live = After(LastCall)
(* The next txid is larger than all that were acknowledged.                *)
TxidsGoOn == step = "told" => LastTxid >= floor
(* A missing id is one that the marker names: before anybody opens again.  *)
HolesAreNamed == \A id \in 1..active : id \notin there.shown => id \in marker.shown
(* What is there is not named, but for what is about to be removed.        *)
NamedAreGone == step = "idle" => marker.shown \cap there.shown = {}
=============================================================================
