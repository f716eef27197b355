import { channel } from "node:diagnostics_channel";
import { tell } from "@datawal/record-log/internal";

/** Gets one for each checkpoint of a key directory that a close could not write: the next open reads the whole log. */
export interface CheckpointEvent {
  directory: string;
  error: unknown;
}

const checkpoints = channel("datawal:checkpoint");

export function tellCheckpoint(directory: string, error: unknown): void {
  if (checkpoints.hasSubscribers) tell<CheckpointEvent>(checkpoints, { directory, error });
}
