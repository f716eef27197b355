----------------------------- MODULE GroupCommit -----------------------------
(***************************************************************************)
(* Callers who wait for syncs of one segment. Disk-rules R1, R2, R5.       *)
(*                                                                         *)
(* What is abstracted. A record is a number; of each the kernel has it     *)
(* waiting, on the disk, or lost. Each caller asks once, of all that has   *)
(* been appended by then. The asynchronous syncs run on the first open     *)
(* file description, one at a time, and take time: submitted, done by the  *)
(* kernel, known to the process. Synchronous ones run on the second.       *)
(*                                                                         *)
(* What is assumed. A write-back that fails loses its records for good,    *)
(* and is told to each description once, by the next sync on it. What the  *)
(* kernel has begun it ends, and the process learns of it (the fairness).  *)
(***************************************************************************)
EXTENDS Naturals, FiniteSets

CONSTANTS
  Callers,
  Appends,    \* so many records
  Failures,   \* so many write-backs that fail
  Fault       \* the rule that is left out, or "none"

VARIABLES
  size,       \* records appended
  waiting,    \* records that wait for their write
  disk,       \* records on the disk
  failures,   \* write-backs that have failed
  known,      \* how many of these each description has been told
  flight,     \* the sync that is under way: what it covers, whom it serves, what it will say
  queue,      \* callers whom no sync serves yet
  synced,     \* records that count as synced: what the note says
  isPoisoned,
  caller      \* what each caller does, and of how many records he asked

vars == <<size, waiting, disk, failures, known, flight, queue, synced, isPoisoned, caller>>

NoFlight == [step |-> "none", size |-> 0, serves |-> {}, failed |-> FALSE]

Init ==
  /\ size = 0 /\ waiting = {} /\ disk = {}
  /\ failures = 0 /\ known = [d \in 1..2 |-> 0]
  /\ flight = NoFlight /\ queue = {} /\ synced = 0 /\ isPoisoned = FALSE
  /\ caller = [c \in Callers |-> [is |-> "idle", asked |-> 0]]

Kernel == <<waiting, disk, failures, known>>

Write ==
  /\ ~isPoisoned /\ size < Appends
  /\ size' = size + 1 /\ waiting' = waiting \cup {size + 1}
  /\ UNCHANGED <<disk, failures, known, flight, queue, synced, isPoisoned, caller>>

Answer(those, answer) == [c \in Callers |-> IF c \in those THEN [caller[c] EXCEPT !.is = answer] ELSE caller[c]]

(* A caller of fsync(): all is synced, or the sync in flight serves him,   *)
(* or he waits for the next.                                               *)
Ask ==
  \E c \in Callers :
    /\ caller[c].is = "idle" /\ ~isPoisoned
    /\ IF synced = size THEN
         /\ caller' = [caller EXCEPT ![c] = [is |-> "durable", asked |-> size]]
         /\ UNCHANGED <<flight, queue>>
       ELSE
         /\ caller' = [caller EXCEPT ![c] = [is |-> "waiting", asked |-> size]]
         /\ IF flight.step # "none" /\ (flight.size = size \/ Fault = "served by an earlier sync")
            THEN flight' = [flight EXCEPT !.serves = @ \cup {c}] /\ UNCHANGED queue
            ELSE queue' = queue \cup {c} /\ UNCHANGED flight
    /\ UNCHANGED <<size, Kernel, synced, isPoisoned>>
Submit ==
  /\ flight.step = "none" /\ queue # {} /\ ~isPoisoned
  /\ flight' = [step |-> "submitted", size |-> size, serves |-> queue, failed |-> FALSE]
  /\ queue' = {}
  /\ UNCHANGED <<size, Kernel, synced, isPoisoned, caller>>

(* The kernel writes: all of what waits, or a part, and the rest is lost.  *)
Writes(d, covered) ==
  LET mine == {r \in waiting : r <= covered}
  IN \/ /\ disk' = disk \cup mine /\ waiting' = waiting \ mine
        /\ UNCHANGED failures
     \/ /\ failures < Failures /\ mine # {}
        /\ \E kept \in (SUBSET mine) \ {mine} : disk' = disk \cup kept
        /\ waiting' = waiting \ mine
        /\ failures' = failures + 1
WriteBackFails ==
  /\ failures < Failures /\ waiting # {}
  /\ waiting' = {} /\ failures' = failures + 1
  /\ UNCHANGED <<size, disk, known, flight, queue, synced, isPoisoned, caller>>
Done ==
  /\ flight.step = "submitted"
  /\ Writes(1, flight.size)
  /\ known' = [known EXCEPT ![1] = failures']
  /\ flight' = [flight EXCEPT !.step = "done", !.failed = known[1] # failures']
  /\ UNCHANGED <<size, queue, synced, isPoisoned, caller>>
Bigger(a, b) == IF a > b THEN a ELSE b
Learn ==
  /\ flight.step = "done"
  /\ LET isWrong == flight.failed \/ isPoisoned
         asleep == IF Fault = "waiters left asleep" THEN {} ELSE queue
     IN /\ isPoisoned' = (isPoisoned \/ (flight.failed /\ Fault # "sync tried again"))
        /\ synced' = IF isWrong THEN synced
                     ELSE Bigger(synced, IF Fault = "synced size read behind the sync" THEN size ELSE flight.size)
        /\ caller' = IF isPoisoned' THEN
                       Answer(asleep \cup flight.serves, "refused")
                     ELSE IF isWrong THEN caller
                     ELSE Answer(flight.serves, "durable")
        /\ queue' = IF isPoisoned' THEN {} ELSE IF isWrong THEN queue \cup flight.serves ELSE queue
  /\ flight' = NoFlight
  /\ UNCHANGED <<size, Kernel>>
(* A caller of fsyncSync(), who answers those who wait, too.               *)
Second == IF Fault = "two syncs on one description" THEN 1 ELSE 2
SyncNow ==
  \E c \in Callers :
    /\ caller[c].is = "idle" /\ ~isPoisoned /\ synced # size
    /\ Writes(Second, size)
    /\ known' = [known EXCEPT ![Second] = failures']
    /\ LET failed == known[Second] # failures'
       IN /\ isPoisoned' = failed
          /\ synced' = IF failed THEN synced ELSE size
          /\ caller' = [Answer(queue, IF failed THEN "refused" ELSE "durable")
                         EXCEPT ![c] = [is |-> IF failed THEN "refused" ELSE "durable", asked |-> size]]
          /\ queue' = {}
    /\ UNCHANGED <<size, flight>>

(* What callers were told is what they know; Next need not name it.        *)
Told == UNCHANGED vars

Next == Write \/ Ask \/ Submit \/ WriteBackFails \/ Done \/ Learn \/ SyncNow
Spec == Init /\ [][Next]_vars /\ WF_vars(Submit) /\ WF_vars(Done) /\ WF_vars(Learn)

(* Nobody is told durable who is not.                                      *)
NobodyMisled == \A c \in Callers : caller[c].is = "durable" => (1..caller[c].asked) \subseteq disk
(* The note never says too much.                                           *)
NoteIsTrue == (1..synced) \subseteq disk
(* Nobody waits for ever.                                                  *)
Waiting == {c \in Callers : caller[c].is = "waiting"}
Answered == (Waiting # {}) ~> (Waiting = {})
=============================================================================
