import { type Channel, channel } from "node:diagnostics_channel";
import type { RecoveryReport } from "./inspect/report.js";

/** Gets one for each write of appended records. */
export interface AppendEvent {
  directory: string;
  segment: number;
  records: number;
  bytes: number;
}

/** Gets one for each sync of the active segment that is over. */
export interface SyncEvent {
  /** Of the segment. */
  path: string;
  durationMs: number;
  /** How many calls it has answered: 0 for one that nobody waited for. */
  callersServed: number;
  /** Where it failed. */
  error?: unknown;
}

/** Gets one for each segment that was begun. */
export interface RotationEvent {
  directory: string;
  sealedSegment: number;
  activeSegment: number;
}

/** Gets one for each log that was opened for writing. */
export interface RecoveryEvent {
  directory: string;
  report: RecoveryReport;
}

/** Gets one for each handle that is closed to writing, when it is. */
export interface PoisonEvent {
  directory: string;
  reason: string;
  cause: unknown;
}

/** Gets one where more events were waiting to be told than are kept. */
export interface UntoldEvent {
  /** How many, of whatever channel, were left out. */
  events: number;
}

// docs/events.md has the table. Without a subscriber nothing is made: facts come one by one.
const appends = channel("datawal:append");
const syncs = channel("datawal:sync");
const rotations = channel("datawal:rotation");
const recoveries = channel("datawal:recovery");
const poisons = channel("datawal:poison");
const untold = channel("datawal:untold");

export function tellAppend(directory: string, segment: number, records: number, bytes: number): void {
  if (appends.hasSubscribers) tell<AppendEvent>(appends, { directory, segment, records, bytes });
}

export function tellSync(path: string, durationMs: number, callersServed: number, error?: unknown): void {
  if (!syncs.hasSubscribers) return;
  const event: SyncEvent = { path, durationMs, callersServed };
  tell<SyncEvent>(syncs, error === undefined ? event : { ...event, error });
}

export function tellRotation(directory: string, sealedSegment: number, activeSegment: number): void {
  if (rotations.hasSubscribers) tell<RotationEvent>(rotations, { directory, sealedSegment, activeSegment });
}

export function tellRecovery(directory: string, report: RecoveryReport): void {
  if (recoveries.hasSubscribers)
    tell<RecoveryEvent>(recoveries, { directory, report: structuredClone(report) });
}

export function tellPoison(directory: string, reason: string, cause: unknown): void {
  if (poisons.hasSubscribers) tell<PoisonEvent>(poisons, { directory, reason, cause });
}

/** A program that gives nobody a turn would gather them without end. */
const WAITING_MAX = 4096;
let waiting: (() => void)[] = [];
let untoldCount = 0;

/** Behind the code that is under way: a subscriber that writes to the log must not do so in the middle of a rotation. */
export function tell<Event>(to: Channel, event: Event): void {
  if (waiting.length === 0) void Promise.resolve().then(publishWaiting);
  if (waiting.length < WAITING_MAX) waiting.push(() => to.publish(event));
  else untoldCount++;
}

function publishWaiting(): void {
  const publications = waiting;
  const events = untoldCount;
  waiting = [];
  untoldCount = 0;
  for (const publish of publications) publish();
  if (events > 0) untold.publish({ events } satisfies UntoldEvent);
}
