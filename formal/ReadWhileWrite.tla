--------------------------- MODULE ReadWhileWrite ---------------------------
(***************************************************************************)
(* A reader without a lock, and a follower, beside a writer who rotates,   *)
(* drops, repairs, compacts, and a hand that replaces the store. Rules R5, *)
(* R10, R11, R14, R16, R17.6 to R17.8, R18, R19 of the disk.               *)
(*                                                                         *)
(* What is abstracted. A segment's file is a set of records, whose txids   *)
(* give their order; a value is the number of its call, 0 a Delete. A read *)
(* of one file is one step, and as many records as a file has is its size. *)
(* A listing looks at one name after the other. A reader may at any moment *)
(* begin anew, or give up with a typed error: that misleads nobody.        *)
(*                                                                         *)
(* What is assumed. The writer keeps RecordLog's and Compaction's rules.   *)
(* An inode number is used again as soon as its file has neither a name    *)
(* nor somebody who has it open.                                           *)
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

NoReader == [is |-> "idle", known |-> {}, places |-> [id \in Ids |-> {}], read |-> {}, last |-> {}, lastId |-> 0,
             held |-> 0, store |-> 1, marker |-> {}, toLook |-> {}, listed |-> {}, newest |-> 0, wasEmpty |-> FALSE,
             upTo |-> 0, head |-> 0, view |-> {}]

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
IsUp == writer.is \in {"up", "move", "name", "remove"}
Number == Calls - left.calls + 1
Adds(which, value) ==
  files' = [files EXCEPT ![ActiveFile] = @ \cup {[txid |-> LastTxid + 1, key |-> which, value |-> value]}]
Call(which, value) ==
  /\ left.calls > 0 /\ IsUp
  /\ Adds(which, value)
  /\ left' = [left EXCEPT !.calls = @ - 1]
  /\ UNCHANGED <<inode, names, store, active, synced, marker, writer, reader>>
  /\ Noted
Put == \E k \in Keys : Call(k, Number)
Delete == \E k \in Keys : Value(All, k) # 0 /\ Call(k, 0)
Rotate ==
  /\ active < Segments /\ In(active) # {} /\ IsUp /\ store = 1
  /\ names' = [names EXCEPT ![1][active + 1] = active + 1]
  /\ active' = active + 1 /\ synced' = LastTxid
  /\ UNCHANGED <<files, inode, store, marker, writer, reader, left>>
  /\ Noted
Sync ==
  /\ synced < LastTxid /\ IsUp
  /\ synced' = LastTxid
  /\ UNCHANGED <<files, inode, names, store, active, marker, writer, reader, shown, left>>

(* The writer dies; the next one cuts what was not synced, and appends it  *)
(* again, or finds it gone. Of the marker it takes what is there.          *)
IsOldNote == Fault = "note from before the compaction"
Writer(does) == [is |-> does, victim |-> 0, again |-> {}]
Kill ==
  /\ left.repairs > 0 /\ IsUp
  /\ writer' = Writer(IF synced < LastTxid \/ IsOldNote THEN "cut" ELSE "prune")
  /\ left' = [left EXCEPT !.repairs = @ - 1]
  /\ UNCHANGED <<files, inode, names, store, active, synced, marker, reader, shown>>
Cut ==
  /\ writer.is = "cut"
  /\ UNCHANGED <<inode, names, store, active, synced, marker, reader, left>>
  /\ \E from \in (IF IsOldNote THEN {0, synced} ELSE {synced}) : \E lost \in BOOLEAN :
       LET cut == {r \in In(active) : r.txid > from}
       IN /\ files' = [files EXCEPT ![ActiveFile] = @ \ cut]
          /\ writer' = [Writer("repair") EXCEPT !.again = IF lost THEN {r \in cut : r.txid <= synced} ELSE cut]
          /\ IF from = synced THEN Noted ELSE shown' = shown
AppendAgain ==
  /\ writer.is = "repair"
  /\ files' = [files EXCEPT ![ActiveFile] = @ \cup writer.again]
  /\ writer' = Writer("prune")
  /\ synced' = Max({r.txid : r \in UNION {files'[names[store][id]] : id \in There}})
  /\ UNCHANGED <<inode, names, store, active, marker, reader, left>>
  /\ Noted
Prune ==
  /\ writer.is = "prune"
  /\ marker' = marker \ There
  /\ writer' = Writer("up")
  /\ UNCHANGED <<files, inode, names, store, active, synced, reader, shown, left>>

(* The oldest segment is dropped; or one with waste is compacted: what is  *)
(* needed of it appended again, one by one, and synced, the marker         *)
(* written, the name removed.                                              *)
Drop ==
  /\ Kind = "log" /\ left.removals > 0 /\ writer.is = "up" /\ Cardinality(There) > 1
  /\ synced = LastTxid
  /\ \E r \in All : r \notin In(Min(There))
  /\ names' = [names EXCEPT ![store][Min(There)] = 0]
  /\ left' = [left EXCEPT !.removals = @ - 1]
  /\ UNCHANGED <<files, inode, store, active, synced, marker, writer, reader>>
  /\ Noted
IsLive(it) == it.value # 0 /\ it \in Newest(All, it.key)
IsWaste(it) == ~IsLive(it) /\ (it.value # 0 \/ it.txid # LastTxid)
HasWaste(which) == In(which) = {} \/ \E r \in In(which) : IsWaste(r)
(* No Put that a Delete of it stands against lies in front of it.          *)
IsFirst(which) == \A r \in In(which) : r.value = 0 /\ r \in Newest(All, r.key) =>
                    \A id \in There : id < which => \A o \in In(id) : o.key = r.key => o.value = 0
Begin ==
  /\ Kind # "log" /\ left.removals > 0 /\ writer.is = "up"
  /\ \E id \in There : id < active /\ HasWaste(id) /\ IsFirst(id) /\ writer' = [Writer("move") EXCEPT !.victim = id]
  /\ left' = [left EXCEPT !.removals = @ - 1]
  /\ UNCHANGED <<files, inode, names, store, active, synced, marker, reader, shown>>
Needed == {r \in In(writer.victim) : IsLive(r) \/ r.txid = LastTxid}
Oldest(those) == CHOOSE r \in those : \A o \in those : r.txid <= o.txid
Move ==
  /\ writer.is = "move" /\ Needed # {}
  /\ Adds(Oldest(Needed).key, Oldest(Needed).value)
  /\ UNCHANGED <<inode, names, store, active, synced, marker, writer, reader, left>>
  /\ Noted
SyncMoved ==
  /\ writer.is = "move" /\ Needed = {}
  /\ synced' = LastTxid
  /\ writer' = [writer EXCEPT !.is = "name"]
  /\ UNCHANGED <<files, inode, names, store, active, marker, reader, shown, left>>
Name ==
  /\ writer.is = "name"
  /\ marker' = marker \cup {writer.victim}
  /\ writer' = [writer EXCEPT !.is = "remove"]
  /\ UNCHANGED <<files, inode, names, store, active, synced, reader, shown, left>>
Remove ==
  /\ writer.is = "remove"
  /\ names' = [names EXCEPT ![store][writer.victim] = 0]
  /\ writer' = Writer("up")
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

(* What is made durable, and what no reader looks at: the directory's      *)
(* syncs, the note, temporaries, the journal (RecordLog, Compaction). Next *)
(* need not name what leaves the model as it is.                           *)
Durable == UNCHANGED vars
SyncAgain == (synced = LastTxid \/ ~IsUp) /\ UNCHANGED vars

-----------------------------------------------------------------------------
(* The reader: the marker, the names one by one, once more where there may *)
(* be newer ones, the directory, the marker again, then the files, in      *)
(* order, and the directory at the end.                                    *)

Now == Seen(All)
SameStore == reader.store = store \/ Fault = "position kept by inode number"
(* What was seen is forgotten, and all is read anew.                       *)
Anew == [NoReader EXCEPT !.is = "begin", !.store = reader.store]
Writing == <<files, inode, names, store, active, synced, marker, writer>>

Start ==
  /\ Kind # "follower" /\ reader.is = "idle"
  /\ reader' = [NoReader EXCEPT !.is = "begin", !.store = store]
  /\ shown' = {Now}
  /\ UNCHANGED <<Writing, left>>
Refresh ==
  /\ Kind # "follower" /\ reader.is = "done" /\ left.refreshes > 0
  /\ reader' = [reader EXCEPT !.is = "begin", !.upTo = Max(reader.read), !.view = {}]
  /\ shown' = {Now}
  /\ left' = [left EXCEPT !.refreshes = @ - 1]
  /\ UNCHANGED Writing
ReadMarker ==
  /\ reader.is = "begin"
  /\ reader' = [reader EXCEPT !.is = "look", !.marker = marker, !.toLook = Ids, !.listed = {}]
  /\ UNCHANGED <<Writing, shown, left>>
Look ==
  /\ reader.is = "look" /\ reader.toLook # {}
  /\ \E id \in reader.toLook : \E s \in {reader.store, store} :
       reader' = [reader EXCEPT !.toLook = @ \ {id},
                                !.listed = IF names[s][id] # 0 THEN @ \cup {id} ELSE @]
  /\ UNCHANGED <<Writing, shown, left>>
(* What a listing shows was made before the next one begins: of that what  *)
(* is not newer is whole. What was read before is as good as a listing. A  *)
(* listing that shows nothing counts once two do.                          *)
OneListing == Fault = "one listing trusted"
IsToList ==
  IF reader.listed = {} THEN ~reader.wasEmpty /\ Fault # "empty listing trusted"
  ELSE Min(reader.listed) > reader.newest /\ Max(reader.listed) > reader.upTo
Listed ==
  /\ reader.is = "look" /\ reader.toLook = {}
  /\ reader' =
       IF IsToList /\ ~OneListing
       THEN [reader EXCEPT !.newest = Max({reader.newest} \cup reader.listed), !.wasEmpty = reader.listed = {},
                           !.listed = {}, !.toLook = Ids]
       ELSE [reader EXCEPT !.is = "same", !.newest = 0, !.wasEmpty = FALSE,
                           !.listed = {id \in @ : id <= Max({reader.newest, reader.upTo}) \/ OneListing}]
  /\ UNCHANGED <<Writing, shown, left>>
(* Where the segment in front of a gap is gone, the gap is the head.       *)
IsGapBehind(which) == /\ which + 1 \notin reader.listed /\ which + 1 <= Max(reader.listed)
                      /\ names[store][which] = 0
FrontGap == Max({id \in reader.listed : IsGapBehind(id)})
RequireSame ==
  /\ reader.is = "same" /\ SameStore
  /\ reader' = [reader EXCEPT !.is = "marker", !.listed = IF Kind = "log" THEN {id \in @ : id > FrontGap} ELSE @]
  /\ UNCHANGED <<Writing, shown, left>>
MarkerAgain ==
  /\ reader.is = "marker"
  /\ reader' = [reader EXCEPT !.is = IF marker = reader.marker \/ Fault = "marker read once" THEN "prove" ELSE "begin"]
  /\ UNCHANGED <<Writing, shown, left>>

(* What was seen is kept where every segment is the file that was read, or *)
(* named as removed, and the last record still stands in the one held.     *)
FileOf(which) == IF reader.store = 1 THEN which ELSE FileCount
IsFile(file, which) ==
  IF Fault = "position kept by inode number" THEN inode[file] = inode[FileOf(which)] ELSE file = FileOf(which)
IsThere(which) == /\ names[store][which] # 0 /\ IsFile(names[store][which], which)
                  /\ Cardinality(In(which)) >= Cardinality(reader.places[which])
StandsIn(record, file) ==
  CASE Fault = "position kept by inode number" -> TRUE
    [] Fault = "place proven by its txid" -> {r.txid : r \in record} \subseteq {r.txid : r \in files[file]}
    [] OTHER -> record \subseteq files[file]
LastStands == reader.last = {} \/ (reader.held # 0 /\ StandsIn(reader.last, reader.held))
IsKept(which) == IF which \in reader.listed THEN IsThere(which) ELSE which \in reader.marker
Proven(those) == [reader EXCEPT !.is = "read", !.read = those, !.places = [id \in Ids |-> IF id \in those THEN @[id] ELSE {}],
                                !.listed = {id \in @ : id >= Max(those)},
                                !.head = IF Kind = "log" /\ reader.listed # {} THEN Min(reader.listed) ELSE 0]
Prove ==
  /\ reader.is = "prove"
  /\ \/ /\ LastStands /\ \A id \in reader.read : IsKept(id)
        /\ reader' = Proven(reader.read \cap reader.listed)
     \/ reader' = [Proven({}) EXCEPT !.last = {}, !.lastId = 0, !.held = 0]
  /\ UNCHANGED <<Writing, shown, left>>
(* A part of a file is read on behind the last record that was seen, which *)
(* is proven by what is read; where nothing is read nothing is.            *)
NewestOf(which) == {r \in reader.places[which] : \A o \in reader.places[which] : o.txid <= r.txid}
PieceStands(which, file) == StandsIn(NewestOf(which), file) \/ Fault = "place proven before the reading"
Gone(which) == IF Fault = "vanished segment passed over" THEN [reader EXCEPT !.listed = @ \ {which}]
               ELSE [reader EXCEPT !.is = "begin", !.upTo = 0, !.listed = {}, !.head = 0]
Takes(which, records) == [reader EXCEPT !.listed = @ \ {which}, !.read = @ \cup {which}, !.places[which] = @ \cup records]
Behind(which) == {r \in In(which) : \A seen \in reader.places[which] : seen.txid < r.txid}
Read ==
  /\ reader.is = "read" /\ reader.listed # {}
  /\ LET id == Min(reader.listed)
         file == names[store][id]
     IN IF file = 0 THEN reader' = Gone(id)
        ELSE IF id \notin reader.read \/ (IsFile(file, id) /\ PieceStands(id, file))
        THEN reader' = Takes(id, Behind(id))
        ELSE \/ reader' = Anew
             \/ Cardinality(In(id)) = Cardinality(reader.places[id]) /\ reader' = Takes(id, {})
  /\ UNCHANGED <<Writing, shown, left>>
LookAgain ==
  /\ reader.is \in {"prove", "read"}
  /\ reader' = Anew
  /\ UNCHANGED <<Writing, shown, left>>
(* Where the first segment was removed meanwhile the names are looked at   *)
(* again: if a compaction has, nothing follows.                            *)
LookBehind == reader.is = "read" /\ reader.listed = {} /\ UNCHANGED vars
Known == UNION {reader.places[id] : id \in Ids}
LastId == Max({id \in Ids : reader.places[id] # {}})
IsHeadGone == reader.head # 0 /\ names[store][reader.head] = 0 /\ Fault # "head not looked at again"
IsCut == Max(reader.read) # reader.lastId /\ ~LastStands
(* Who does not look again needs no more than what is shown.               *)
Shows(file) ==
  IF left.refreshes = 0 THEN [NoReader EXCEPT !.is = "done", !.view = Seen(Known)]
  ELSE [NoReader EXCEPT !.is = "done", !.store = reader.store, !.places = reader.places, !.read = reader.read,
                        !.lastId = LastId, !.last = IF LastId = 0 THEN {} ELSE NewestOf(LastId),
                        !.held = file, !.view = Seen(Known)]
(* Of what the store showed only that it was is kept.                      *)
Finish ==
  /\ reader.is = "read" /\ reader.listed = {}
  /\ SameStore
  /\ IF IsHeadGone \/ IsCut THEN reader' = Anew
     ELSE \E file \in {IF LastId = 0 THEN 0 ELSE names[store][LastId]} \cup (IF LastId = reader.lastId THEN {reader.held} ELSE {}) :
            reader' = Shows(file)
  /\ shown' = IF reader'.is = "done" THEN shown \cap {reader'.view} ELSE shown
  /\ UNCHANGED <<Writing, left>>
GiveUp ==
  /\ IsReading /\ Kind # "follower"
  /\ reader' = [NoReader EXCEPT !.is = "stale"]
  /\ shown' = {}
  /\ UNCHANGED <<Writing, left>>

(* The follower: one record after the other, each told to a consumer; told *)
(* of a segment that went unread, or of a place that is another, the       *)
(* consumer begins anew.                                                   *)
Place == Max({r.txid : r \in reader.last})
Stands == reader.last = {} \/ reader.last \subseteq files[reader.held]
Unread == UNION {{r \in In(id) : r.txid > Place} : id \in There}
FollowsAnew == [NoReader EXCEPT !.is = "follow", !.store = store]
NextOne == CHOOSE r \in Unread : \A other \in Unread : r.txid <= other.txid
HomeOf(record) == CHOOSE id \in There : record \in In(id)
IsPassed == reader.last # {} /\ NextOne.txid # Place + 1
Follow ==
  /\ Kind = "follower" /\ reader.is \in {"idle", "follow", "done"}
  /\ reader' =
       IF reader.store # store \/ ~Stands THEN FollowsAnew
       ELSE IF Unread = {} THEN [reader EXCEPT !.is = "done", !.view = Pairs(reader.known)]
       ELSE IF IsPassed /\ Fault # "removed segment not told" THEN FollowsAnew
       ELSE [reader EXCEPT !.is = "follow", !.known = @ \cup {NextOne}, !.last = {NextOne},
                           !.held = names[store][HomeOf(NextOne)]]
  /\ shown' = {Now}
  /\ UNCHANGED <<Writing, left>>

-----------------------------------------------------------------------------
Next ==
  \/ Put \/ Delete \/ Rotate \/ Sync \/ Kill \/ Cut \/ AppendAgain \/ Prune
  \/ Drop \/ Begin \/ Move \/ SyncMoved \/ Name \/ Remove \/ Replace
  \/ Start \/ Refresh \/ ReadMarker \/ Look \/ Listed \/ RequireSame \/ MarkerAgain \/ Prove \/ Read
  \/ LookAgain \/ Finish \/ GiveUp \/ Follow
Spec == Init /\ [][Next]_vars

(* What a reader says is what the store showed at some moment of its look. *)
OfOneMoment == reader.is = "done" => reader.view \in shown
=============================================================================
