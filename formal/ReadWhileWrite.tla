--------------------------- MODULE ReadWhileWrite ---------------------------
(***************************************************************************)
(* A reader without a lock, and a follower, beside a writer who rotates,   *)
(* drops, repairs, compacts, and a hand that replaces the store. Rules R5, *)
(* R10, R11, R14, R16, R17.6 to R17.8, R18, R19 of the disk.               *)
(*                                                                         *)
(* What is abstracted. A segment's file is a set of records, whose txids   *)
(* give their order; a value is the number of its call, 0 a Delete. What   *)
(* the writer does to one file, and a read of one file, are one step; what *)
(* it does to several, and a listing, are many. An end like a typed error  *)
(* ("another look", "stale") misleads nobody.                              *)
(*                                                                         *)
(* What is assumed. The writer keeps RecordLog's and Compaction's rules.   *)
(* A listing shows a name that was there all the time, and may or may not  *)
(* show one that came or went meanwhile. An inode number is used again as  *)
(* soon as its file has neither a name nor somebody who has it open.       *)
(***************************************************************************)
EXTENDS Naturals, FiniteSets

CONSTANTS
  Kind,       \* "pairs", "log" (whose head may be dropped), or "follower" (of pairs)
  Keys,
  Calls,      \* so many puts and deletes
  Segments,   \* so many ids
  Removals,   \* so many segments are compacted, or dropped
  Repairs,    \* so many times the writer is killed, and the next one repairs
  Replaced,   \* so many times (0 or 1) the store is replaced
  Refreshes,  \* so many times the reader looks again
  Fault       \* the rule that is left out, or "none"

VARIABLES
  files,      \* the records of each file
  inode,      \* the inode number of each file
  names,      \* the file that each segment's name leads to, 0 for none: in the store, and in the one that replaced it
  store,      \* which of the two the path leads to
  active, synced, marker,
  writer,     \* what the writer does next, the segment that it removes, records that a repair appends again
  reader,     \* what the reader does next, and what it knows
  shown,      \* what the store showed at some moment since the reader began
  left

vars == <<files, inode, names, store, active, synced, marker, writer, reader, shown, left>>

Ids == 1..Segments
FileCount == Segments + 1
Max(S) == IF S = {} THEN 0 ELSE CHOOSE n \in S : \A m \in S : m <= n
Min(S) == CHOOSE n \in S : \A m \in S : n <= m

There == {id \in Ids : names[store][id] # 0}
In(id) == files[names[store][id]]
All == UNION {In(id) : id \in There}
Newest(records, k) == {r \in records : r.key = k /\ \A other \in records : other.key = k => other.txid <= r.txid}
Value(among, which) == Max({r.value : r \in Newest(among, which)})
Pairs(of) == [k \in Keys |-> Value(of, k)]
Seen(it) == IF Kind = "log" THEN it ELSE Pairs(it)
LastTxid == Max({r.txid : r \in All})

NoReader == [is |-> "idle", known |-> {}, places |-> [id \in Ids |-> {}], last |-> {}, lastId |-> 0, held |-> 0,
             store |-> 1, marker |-> {}, toLook |-> {}, listed |-> {}, first |-> {}, isAgain |-> FALSE,
             view |-> {}]

Init ==
  /\ files = [f \in 1..FileCount |-> {}]
  /\ inode = [f \in 1..FileCount |-> f]
  /\ names = [s \in 1..2 |-> [id \in Ids |-> IF s = 1 /\ id = 1 THEN 1 ELSE 0]]
  /\ store = 1 /\ active = 1 /\ synced = 0 /\ marker = {}
  /\ writer = [is |-> "up", victim |-> 0, again |-> {}]
  /\ reader = NoReader
  /\ shown = {}
  /\ left = [calls |-> Calls, removals |-> Removals, repairs |-> Repairs, replaced |-> Replaced, refreshes |-> Refreshes]

-----------------------------------------------------------------------------
(* The writer. What the store shows behind each step is noted where a      *)
(* reader is under way.                                                    *)

IsReading == reader.is \notin {"idle", "done", "stale"}
ShownThen == IF Kind = "log" THEN UNION {files'[names'[store'][id]] : id \in {i \in Ids : names'[store'][i] # 0}}
             ELSE Pairs(UNION {files'[names'[store'][id]] : id \in {i \in Ids : names'[store'][i] # 0}})
Noted == shown' = IF IsReading THEN shown \cup {ShownThen} ELSE shown

ActiveFile == names[store][active]
Number == Calls - left.calls + 1
Call(k, value) ==
  /\ left.calls > 0 /\ writer.is # "repair"
  /\ files' = [files EXCEPT ![ActiveFile] = @ \cup {[txid |-> LastTxid + 1, key |-> k, value |-> value]}]
  /\ left' = [left EXCEPT !.calls = @ - 1]
  /\ UNCHANGED <<inode, names, store, active, synced, marker, writer, reader>>
  /\ Noted
Put == \E k \in Keys : Call(k, Number)
Delete == \E k \in Keys : Value(All, k) # 0 /\ Call(k, 0)
Rotate ==
  /\ active < Segments /\ In(active) # {} /\ writer.is # "repair" /\ store = 1
  /\ names' = [names EXCEPT ![1][active + 1] = active + 1]
  /\ active' = active + 1 /\ synced' = LastTxid
  /\ UNCHANGED <<files, inode, store, marker, writer, reader, left>>
  /\ Noted
Sync ==
  /\ synced < LastTxid /\ writer.is = "up"
  /\ synced' = LastTxid
  /\ UNCHANGED <<files, inode, names, store, active, marker, writer, reader, shown, left>>

(* The writer dies; the next one cuts what was not synced, and appends it  *)
(* again, or finds it gone.                                                *)
Cut ==
  /\ left.repairs > 0 /\ writer.is # "repair"
  /\ synced < LastTxid \/ Fault = "note from before the compaction"
  /\ \E from \in (IF Fault = "note from before the compaction" THEN {0, synced} ELSE {synced}) :
     \E lost \in BOOLEAN :
       LET cut == {r \in In(active) : r.txid > from}
       IN /\ files' = [files EXCEPT ![ActiveFile] = @ \ cut]
          /\ writer' = [is |-> "repair", victim |-> 0, again |-> IF lost THEN {r \in cut : r.txid <= synced} ELSE cut]
          /\ UNCHANGED <<inode, names, store, active, synced, marker, reader>>
          /\ IF from = synced THEN Noted ELSE shown' = shown
  /\ left' = [left EXCEPT !.repairs = @ - 1]
AppendAgain ==
  /\ writer.is = "repair"
  /\ files' = [files EXCEPT ![ActiveFile] = @ \cup writer.again]
  /\ writer' = [is |-> "up", victim |-> 0, again |-> {}]
  /\ synced' = Max({r.txid : r \in UNION {files'[names[store][id]] : id \in There}})
  /\ UNCHANGED <<inode, names, store, active, marker, reader, left>>
  /\ Noted

(* The oldest segment is dropped, or compacted: what is needed appended    *)
(* again and synced, the marker written, the name removed.                 *)
Drop ==
  /\ Kind = "log" /\ left.removals > 0 /\ writer.is = "up" /\ Cardinality(There) > 1
  /\ synced = LastTxid
  /\ Fault = "newest record dropped" \/ \E r \in All : r \notin In(Min(There))
  /\ names' = [names EXCEPT ![store][Min(There)] = 0]
  /\ left' = [left EXCEPT !.removals = @ - 1]
  /\ UNCHANGED <<files, inode, store, active, synced, marker, writer, reader>>
  /\ Noted
Again(victim) == LET needed == {r \in In(victim) : (r.value # 0 /\ r \in Newest(All, r.key)) \/ r.txid = LastTxid}
                 IN {[txid |-> LastTxid + Cardinality({o \in needed : o.txid <= r.txid}), key |-> r.key, value |-> r.value]
                       : r \in needed}
Move ==
  /\ Kind # "log" /\ left.removals > 0 /\ writer.is = "up" /\ Cardinality(There) > 1
  /\ files' = [files EXCEPT ![ActiveFile] = @ \cup Again(Min(There))]
  /\ synced' = LastTxid + Cardinality(Again(Min(There)))
  /\ writer' = [writer EXCEPT !.is = "name", !.victim = Min(There)]
  /\ left' = [left EXCEPT !.removals = @ - 1]
  /\ UNCHANGED <<inode, names, store, active, marker, reader>>
  /\ Noted
Name ==
  /\ writer.is = "name"
  /\ marker' = marker \cup {writer.victim}
  /\ writer' = [writer EXCEPT !.is = "remove"]
  /\ UNCHANGED <<files, inode, names, store, active, synced, reader, shown, left>>
Remove ==
  /\ writer.is = "remove"
  /\ names' = [names EXCEPT ![store][writer.victim] = 0]
  /\ writer' = [is |-> "up", victim |-> 0, again |-> {}]
  /\ UNCHANGED <<files, inode, store, active, synced, marker, reader, left>>
  /\ Noted

(* Another hand removes the store and makes a new one there: its first     *)
(* file gets the first one's inode number, where nobody has that open.     *)
Replace ==
  /\ left.replaced > 0 /\ writer.is = "up" /\ store = 1
  /\ store' = 2 /\ active' = 1
  /\ names' = [names EXCEPT ![1] = [id \in Ids |-> 0], ![2][1] = FileCount]
  /\ inode' = [inode EXCEPT ![FileCount] = IF reader.held = 1 /\ Fault # "position kept by inode number" THEN FileCount ELSE 1]
  /\ files' = [files EXCEPT ![FileCount] = {[txid |-> 1, key |-> Min(Keys), value |-> Calls + 1]}]
  /\ synced' = 1 /\ marker' = {}
  /\ left' = [left EXCEPT !.replaced = 0]
  /\ UNCHANGED <<writer, reader>>
  /\ Noted

-----------------------------------------------------------------------------
(* The reader: the marker, the names one by one, the names once more, the  *)
(* marker, then the files.                                                 *)

Now == Seen(All)
SameStore == reader.store = store \/ Fault = "position kept by inode number"
Begin(was) == [was EXCEPT !.is = "look", !.store = store, !.marker = marker, !.toLook = Ids, !.listed = {},
                          !.isAgain = FALSE, !.view = {}]
Forgets == [NoReader EXCEPT !.is = "look", !.store = store, !.marker = marker, !.toLook = Ids]
Writing == <<files, inode, names, store, active, synced, marker, writer>>

Start ==
  /\ Kind # "follower" /\ reader.is = "idle"
  /\ reader' = Begin(NoReader)
  /\ shown' = {Now}
  /\ UNCHANGED <<Writing, left>>
Refresh ==
  /\ Kind # "follower" /\ reader.is = "done" /\ left.refreshes > 0
  /\ IF SameStore THEN reader' = [Begin(reader) EXCEPT !.store = reader.store] ELSE reader' = [reader EXCEPT !.is = "stale"]
  /\ shown' = {Now}
  /\ left' = [left EXCEPT !.refreshes = @ - 1]
  /\ UNCHANGED Writing
Look ==
  /\ reader.is = "look" /\ reader.toLook # {}
  /\ \E id \in reader.toLook :
       reader' = [reader EXCEPT !.toLook = @ \ {id},
                                !.listed = IF names[reader.store][id] # 0 THEN @ \cup {id} ELSE @]
  /\ UNCHANGED <<Writing, shown, left>>
(* A listing counts once two agree, and the marker before is that behind.  *)
Listed ==
  /\ reader.is = "look" /\ reader.toLook = {}
  /\ reader' =
       IF ~SameStore THEN [reader EXCEPT !.is = "stale"]
       ELSE IF ~reader.isAgain /\ Fault # "one listing trusted"
       THEN [reader EXCEPT !.first = reader.listed, !.listed = {}, !.toLook = Ids, !.isAgain = TRUE]
       ELSE IF Fault # "one listing trusted" /\ (reader.listed # reader.first \/ reader.marker # marker)
       THEN [reader EXCEPT !.marker = marker, !.listed = {}, !.toLook = Ids, !.isAgain = FALSE]
       ELSE [reader EXCEPT !.is = "prove", !.marker = marker, !.first = {}]
  /\ UNCHANGED <<Writing, shown, left>>

(* What was known is kept where the last record still stands, in the file  *)
(* that was held, and that is still the segment's, or named as removed.    *)
IsRemoved(id) == id \in reader.marker
StandsIn(file) ==
  CASE Fault = "position kept by inode number" -> inode[file] = inode[reader.held]
    [] Fault = "place proven by its txid" -> {r.txid : r \in reader.last} \subseteq {r.txid : r \in files[file]}
    [] OTHER -> reader.last \subseteq files[file]
Home == names[store][reader.lastId]
HeldStands ==
  IF reader.last = {} THEN TRUE
  ELSE IF Fault = "position kept by inode number" THEN Home # 0 /\ StandsIn(Home)
  ELSE StandsIn(reader.held) /\ (Home = reader.held \/ IsRemoved(reader.lastId))
IsGone(id) == id \in reader.listed \/ reader.places[id] = {} \/ IsRemoved(id)
Prove ==
  /\ reader.is = "prove"
  /\ reader' =
       IF HeldStands /\ (Kind = "log" \/ \A id \in Ids : IsGone(id))
       THEN [reader EXCEPT !.is = "read",
               !.places = [id \in Ids |-> IF id \in reader.listed THEN @[id]
                                          ELSE IF Fault = "removed segment remembered" THEN @[id] ELSE {}]]
       ELSE [reader EXCEPT !.is = "read", !.places = [id \in Ids |-> {}], !.last = {}, !.lastId = 0, !.held = 0]
  /\ UNCHANGED <<Writing, shown, left>>
Ahead == {id \in reader.listed : id >= reader.lastId}
Read ==
  /\ reader.is = "read" /\ Ahead # {}
  /\ LET id == Min(Ahead)
         file == names[store][id]
     IN reader' =
          IF file = 0
          THEN (IF Fault = "vanished segment passed over" THEN [reader EXCEPT !.listed = @ \ {id}] ELSE Forgets)
          ELSE IF id = reader.lastId /\ ~StandsIn(file) THEN Forgets
          ELSE [reader EXCEPT !.listed = @ \ {id},
                  !.places = [@ EXCEPT ![id] = @ \cup {r \in files[file] : r.txid > Max({l.txid : l \in reader.last})}],
                  !.last = IF files[file] = {} THEN @ ELSE {r \in files[file] : r.txid = Max({o.txid : o \in files[file]})},
                  !.lastId = IF files[file] = {} THEN @ ELSE id,
                  !.held = IF files[file] = {} THEN @ ELSE file]
  /\ UNCHANGED <<Writing, shown, left>>
Known == UNION {reader.places[id] : id \in Ids}
Finish ==
  /\ reader.is = "read" /\ Ahead = {}
  /\ reader' = IF SameStore THEN [reader EXCEPT !.is = "done", !.listed = {}, !.isAgain = FALSE, !.view = Seen(Known)]
               ELSE [reader EXCEPT !.is = "stale"]
  /\ UNCHANGED <<Writing, shown, left>>

(* The follower: one record after the other, each told to a consumer; told *)
(* of a segment that went unread, or of a place that is another, the       *)
(* consumer begins anew.                                                   *)
Place == Max({r.txid : r \in reader.last})
Stands == reader.last = {} \/ reader.last \subseteq files[reader.held] \/ Fault = "place proven by its txid"
Unread == UNION {{r \in In(id) : r.txid > Place} : id \in There}
Anew == [NoReader EXCEPT !.is = "follow", !.store = store]
NextOne == CHOOSE r \in Unread : \A other \in Unread : r.txid <= other.txid
HomeOf(record) == CHOOSE id \in There : record \in In(id)
IsPassed == reader.last # {} /\ NextOne.txid # Place + 1
Follow ==
  /\ Kind = "follower" /\ reader.is \in {"idle", "follow", "done"}
  /\ reader' =
       IF reader.store # store \/ ~Stands THEN Anew
       ELSE IF Unread = {} THEN [reader EXCEPT !.is = "done", !.view = Pairs(reader.known)]
       ELSE IF IsPassed /\ Fault # "removed segment not told" THEN Anew
       ELSE [reader EXCEPT !.is = "follow", !.known = @ \cup {NextOne}, !.last = {NextOne},
                           !.held = names[store][HomeOf(NextOne)]]
  /\ shown' = {Now}
  /\ UNCHANGED <<Writing, left>>

-----------------------------------------------------------------------------
Next ==
  \/ Put \/ Delete \/ Rotate \/ Sync \/ Cut \/ AppendAgain \/ Drop \/ Move \/ Name \/ Remove \/ Replace
  \/ Start \/ Refresh \/ Look \/ Listed \/ Prove \/ Read \/ Finish \/ Follow
Spec == Init /\ [][Next]_vars

(* What a reader says is what the store showed at some moment of its look. *)
OfOneMoment == reader.is = "done" => reader.view \in shown
=============================================================================
