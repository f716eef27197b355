import { type OptionNames, unknownOption } from "@datawal/safeatomic/internal";
import { withCode } from "./record-log-error.js";

export type { OptionNames };

/** Refuses what is no option. @throws TypeError ERR_DATAWAL_BAD_OPTION */
export function requireKnownOptions(
  options: object | undefined,
  known: Readonly<Record<string, true>>,
): void {
  const unknown = unknownOption(options, known);
  if (!unknown) return;
  const { message, ...facts } = unknown;
  throw withCode(new TypeError(message), "ERR_DATAWAL_BAD_OPTION", facts);
}
