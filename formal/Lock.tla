-------------------------------- MODULE Lock --------------------------------
(***************************************************************************)
(* One writer at a time. Disk-rules R5 (the file), R11, R18, R19.          *)
(*                                                                         *)
(* What is abstracted. A process opens the file that the name `.lock`      *)
(* leads to, takes the kernel's lock on it, looks whether the name still   *)
(* leads to that file, and is in. The lock belongs to the open file        *)
(* description, which a child may share: the helper that takes it for a    *)
(* process that cannot, or, where descriptors are handed down, any other.  *)
(* A change of the store is one step.                                      *)
(*                                                                         *)
(* What is assumed. Between a writer's look at the name and the change     *)
(* behind it nobody replaces the file. Somebody may replace it at any      *)
(* other moment. A process dies at any moment, and its descriptors with it.*)
(***************************************************************************)
EXTENDS Naturals, FiniteSets

CONSTANTS
  Processes,
  Files,      \* so many files that stand behind the name, one after the other
  Deaths,     \* so many deaths
  Looks,      \* so many times a process looks whether the lock is held
  Fault       \* the rule that is left out, or "none"

VARIABLES
  name,       \* the file that the name leads to
  proc,       \* what each process does, the file it has open, whether it holds its lock, whether a child shares it
  beside,     \* whether a process came in beside a writer
  refused,    \* whether a process was refused where no writer was
  left

vars == <<name, proc, beside, refused, left>>

Out == [is |-> "out", file |-> 0, holds |-> FALSE, child |-> FALSE]

Init ==
  /\ name = 1
  /\ proc = [p \in Processes |-> Out]
  /\ beside = FALSE /\ refused = FALSE
  /\ left = [deaths |-> Deaths, looks |-> Looks]

(* A lock is held while a process or a child of it has the description.    *)
Holders(file) == {p \in Processes : proc[p].holds /\ proc[p].file = file}
IsFree(file) == Holders(file) = {}
In == {p \in Processes : proc[p].is = "in"}
MayChange(p) == p \in In /\ (proc[p].file = name \/ Fault = "not looked at before a change")

Open ==
  \E p \in Processes :
    /\ proc[p].is = "out" /\ ~proc[p].holds
    /\ proc' = [proc EXCEPT ![p] = [Out EXCEPT !.is = "opened", !.file = name]]
    /\ UNCHANGED <<name, beside, refused, left>>
(* The lock is taken by the process, or by a child that shares the         *)
(* description for as long as that takes.                                  *)
Take ==
  \E p \in Processes : \E child \in BOOLEAN :
    /\ proc[p].is = "opened" /\ IsFree(proc[p].file)
    /\ proc' = [proc EXCEPT ![p].is = "locked", ![p].holds = TRUE, ![p].child = child]
    /\ UNCHANGED <<name, beside, refused, left>>
HelperEnds ==
  \E p \in Processes :
    /\ proc[p].is \in {"locked", "in"} /\ proc[p].child
    /\ proc' = [proc EXCEPT ![p].child = FALSE,
                            ![p].holds = Fault # "lock that goes with the helper"]
    /\ UNCHANGED <<name, beside, refused, left>>
Refused ==
  \E p \in Processes :
    /\ proc[p].is = "opened" /\ ~IsFree(proc[p].file)
    /\ proc' = [proc EXCEPT ![p] = Out]
    /\ refused' = (refused \/ \A q \in Holders(proc[p].file) : proc[q].is \in {"looks", "dead"})
    /\ UNCHANGED <<name, beside, left>>
LookAtName ==
  \E p \in Processes :
    /\ proc[p].is = "locked" /\ ~proc[p].child
    /\ IF proc[p].file = name \/ Fault = "not looked at behind locking"
       THEN /\ proc' = [proc EXCEPT ![p].is = "in"]
            /\ beside' = (beside \/ \E q \in In : proc[q].file = name)
       ELSE proc' = [proc EXCEPT ![p] = Out] /\ UNCHANGED beside
    /\ UNCHANGED <<name, refused, left>>
Leave ==
  \E p \in Processes :
    /\ proc[p].is = "in"
    /\ proc' = [proc EXCEPT ![p] = Out]
    /\ UNCHANGED <<name, beside, refused, left>>

(* A reader asks whether the lock is held: without taking it, and without  *)
(* opening the file, which would end a lock that belongs to the process.   *)
Look ==
  \E p \in Processes :
    /\ left.looks > 0
    /\ proc[p].is \in {"out", "in"} /\ ~proc[p].child
    /\ left' = [left EXCEPT !.looks = @ - 1]
    /\ proc' = IF Fault = "looked at by taking it" /\ proc[p].is = "out" /\ IsFree(name)
               THEN [proc EXCEPT ![p] = [Out EXCEPT !.is = "looks", !.file = name, !.holds = TRUE]]
               ELSE IF Fault = "lock of the process" THEN [proc EXCEPT ![p].holds = FALSE]
               ELSE proc
    /\ UNCHANGED <<name, beside, refused>>
EndLook ==
  \E p \in Processes :
    /\ proc[p].is = "looks"
    /\ proc' = [proc EXCEPT ![p] = Out]
    /\ UNCHANGED <<name, beside, refused, left>>

Replace ==
  /\ name < Files
  /\ name' = name + 1
  /\ UNCHANGED <<proc, beside, refused, left>>
(* A child that shares the description keeps the lock: so only the helper  *)
(* gets it, and that ends at once when its parent is gone.                 *)
Die ==
  \E p \in Processes :
    /\ left.deaths > 0 /\ proc[p].is # "out"
    /\ left' = [left EXCEPT !.deaths = @ - 1]
    /\ proc' = IF Fault = "descriptor handed down" /\ proc[p].holds
               THEN [proc EXCEPT ![p] = [@ EXCEPT !.is = "dead"]]
               ELSE [proc EXCEPT ![p] = Out]
    /\ UNCHANGED <<name, beside, refused>>

Next == \/ Open \/ Take \/ HelperEnds \/ Refused \/ LookAtName \/ Leave
        \/ Look \/ EndLook \/ Replace \/ Die
Spec == Init /\ [][Next]_vars

(* At no moment may two change the store.                                  *)
OneWriter == Cardinality({p \in Processes : MayChange(p)}) <= 1
(* Nobody comes in while a writer is there whose file the name leads to.   *)
NobodyBeside == ~beside
(* Whoever is refused is refused by a writer.                              *)
RefusedByWriter == ~refused
=============================================================================
