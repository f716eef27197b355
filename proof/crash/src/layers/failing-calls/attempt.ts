import { isTypedRefusal, isUntouched, isWithoutLeak, type Leftovers } from "@datawal/oracle";
import type { FileSystem } from "@datawal/safeatomic";
import {
  type Fault,
  type FaultyFileSystem,
  type PortCall,
  type SimulatedDisk,
  withFaults,
} from "@datawal/safeatomic/testing";
import { BrokenDemand } from "../broken-demand.js";
import { isTemporary, namesOf, treeOf } from "./disk-tree.js";
import { type Failure, GIVEN_UP, isEndOfAll } from "./failures.js";
import { settled } from "./settled.js";
import type { Ending, Session, Workload } from "./workload.js";

/** What a canary puts between the product and the disk; nothing in the laboratory. */
export type PlantedFault = (disk: FileSystem) => FileSystem;

/** Which call of an operation fails, and how; none for an operation that is left alone. */
export interface FailingCall {
  /** Among the operation's calls, from 0. */
  index: number;
  failure: Failure;
}

/** An operation that was made, and what came of it. */
export interface Attempt {
  /** Its calls, in order. */
  calls: readonly PortCall[];
  /** The call that failed first. */
  failed: PortCall | undefined;
  outcome: "succeeded" | "failed" | "given up";
  error: unknown;
}

/**
 * Makes an operation one call of which fails, ends the process, and asks the oracle.
 *
 * @param tell Called with how the operation ended, before it is judged.
 */
export async function attempt(
  workload: Workload,
  failing: FailingCall | undefined,
  ending: Ending,
  plant: PlantedFault,
  tell: (attempt: Attempt) => void,
): Promise<void> {
  const disk = await workload.prepare();
  const faults = new Faults(disk, failing);
  const port = withFaults(plant(disk), (call) => faults.decide(call));
  const session = await workload.start(port, disk);
  const { names } = leftoversOf(port, disk);
  const error = await operate(session, disk, faults, tell);
  if (ending === "kill") {
    await close(session);
    faults.disarm();
    isWithoutLeak(leftoversAfter(port, disk, faults), { openFileCount: 0, heldLockCount: 0, names });
    disk.killProcess();
  } else {
    faults.disarm();
    disk.cutPower();
  }
  await session.judge({ disk, ending, error });
}

/** Makes the operation, and asks what can be asked before anything is closed. Returns what it failed with. */
async function operate(
  session: Session,
  disk: SimulatedDisk,
  faults: Faults,
  tell: (attempt: Attempt) => void,
): Promise<unknown> {
  const { source } = session;
  const before = source === undefined ? {} : treeOf(disk, source);
  faults.arm();
  const error = await errorOf(() => session.operate(faults.controller.signal));
  if (!faults.isLasting) faults.disarm();
  const outcome = error === undefined ? "succeeded" : error === GIVEN_UP ? "given up" : "failed";
  tell({ calls: faults.calls, failed: faults.failed, outcome, error });
  if (outcome === "failed") isTypedRefusal(error);
  if (outcome !== "succeeded" && faults.isHarmless)
    throw new BrokenDemand("what nothing keeps from it succeeds", String(error));
  if (source !== undefined) isUntouched(before, treeOf(disk, source));
  session.inspect?.(faults.isLasting);
  return error;
}

async function close(session: Session): Promise<void> {
  const error = await errorOf(() => session.close());
  if (error !== undefined) isTypedRefusal(error);
}

/** What a call throws, or its promise rejects with. What the oracle says is passed on. */
async function errorOf(call: () => unknown): Promise<unknown> {
  try {
    await settled(call());
    return undefined;
  } catch (error) {
    if (error instanceof Error && "sentence" in error) throw error;
    return error;
  }
}

/** Decides which calls fail. */
class Faults {
  readonly calls: PortCall[] = [];
  readonly controller = new AbortController();
  failed: PortCall | undefined;
  /** Whether a call failed by which a temporary is removed, or found to be removed, or all calls did. */
  hasFailedToRemove = false;
  readonly #disk: SimulatedDisk;
  readonly #failing: FailingCall | undefined;
  #isArmed = false;

  constructor(disk: SimulatedDisk, failing: FailingCall | undefined) {
    this.#disk = disk;
    this.#failing = failing;
  }

  get isLasting(): boolean {
    return this.#failing?.failure.lasts ?? false;
  }

  /** Whether nothing keeps the operation from succeeding. */
  get isHarmless(): boolean {
    return this.#failing === undefined || this.#failing.failure.isHarmless === true;
  }

  arm(): void {
    this.#isArmed = true;
  }

  disarm(): void {
    this.#isArmed = false;
  }

  decide(call: PortCall): Fault | undefined {
    if (!this.#isArmed) return undefined;
    const index = this.calls.push(call) - 1;
    if (!this.#failing || index < this.#failing.index) return undefined;
    const { failure, index: first } = this.#failing;
    if (index > first && !(failure.lasts && failure.appliesTo(call))) return undefined;
    this.failed ??= call;
    const fault = failure.fault(call, { disk: this.#disk, controller: this.controller });
    this.hasFailedToRemove ||= fault !== undefined && (isEndOfAll(failure) || REMOVING.has(call.operation));
    return fault;
  }
}

function leftoversOf({ openFileCount, heldLockCount }: FaultyFileSystem, disk: SimulatedDisk): Leftovers {
  return { openFileCount, heldLockCount, names: namesOf(disk).filter(isTemporary) };
}

/** A temporary that could not be removed stays, for the next writer to remove (disk-rules R12). */
function leftoversAfter(
  port: FaultyFileSystem,
  disk: SimulatedDisk,
  { hasFailedToRemove }: Faults,
): Leftovers {
  const leftovers = leftoversOf(port, disk);
  return hasFailedToRemove ? { ...leftovers, names: [] } : leftovers;
}

const REMOVING: ReadonlySet<string> = new Set(["removeFile", "removeDirectory", "list"]);
