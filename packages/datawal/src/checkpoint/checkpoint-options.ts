import { badOption, type OptionNames, requireKnownOptions } from "@datawal/record-log/internal";
import { ownOptions } from "@datawal/safeatomic/internal";

export interface CheckpointOptions {
  /** Bytes of the log from which on a checkpoint is written; 16 MiB when absent. */
  minLogBytes?: number | undefined;
}

/** {@link CheckpointOptions}, checked and complete. */
export interface CheckpointSettings {
  readonly isOn: boolean;
  readonly minLogBytes: number;
}

/** A smaller log is read as quickly as one would notice. */
const MIN_LOG_BYTES_DEFAULT = 16 * 1024 * 1024;

const CHECKPOINT_OPTIONS: OptionNames<CheckpointOptions> = { minLogBytes: true };

/** @throws RangeError, TypeError ERR_DATAWAL_BAD_OPTION */
export function checkpointOf(options: {
  checkpoint?: boolean | CheckpointOptions | undefined;
}): CheckpointSettings {
  const { checkpoint = true } = ownOptions(options);
  if (typeof checkpoint === "boolean") return { isOn: checkpoint, minLogBytes: MIN_LOG_BYTES_DEFAULT };
  if (typeof checkpoint !== "object" || checkpoint === null)
    throw badOption("checkpoint", "true, false or an object", checkpoint, TypeError);
  requireKnownOptions(checkpoint, CHECKPOINT_OPTIONS);
  const { minLogBytes = MIN_LOG_BYTES_DEFAULT } = ownOptions(checkpoint);
  if (typeof minLogBytes !== "number" || !(minLogBytes >= 0))
    throw badOption("checkpoint.minLogBytes", "0 or more bytes", minLogBytes, RangeError);
  return { isOn: true, minLogBytes };
}
