import { describeBadLine, isDataWalError } from "datawal";
import { causeChain, Failure } from "../failure.js";

/** Tells what stopped an import, for people. @param name of the input. */
export function importFailure(error: unknown, name: string): unknown {
  if (isDataWalError(error, "ERR_DATAWAL_BAD_LINE")) {
    const { line, reason, recordsImported } = error;
    return new Failure(
      `${name}: line ${line}: expected {"key_b64":"...","value_b64":"..."}, found ${describeBadLine(reason)}; the ${recordsImported} records before it were imported: correct the line and import again (a pair that is put twice is the same pair)`,
      undefined,
      error,
    );
  }
  if (isDataWalError(error, "ERR_DATAWAL_IMPORT_FAILED")) {
    const { line, recordsImported, cause } = error;
    const [why] = causeChain(cause);
    return new Failure(
      `${name}: stopped behind line ${line}: ${why}; ${recordsImported} records were imported: import again when that is mended (a pair that is put twice is the same pair)`,
      undefined,
      error,
    );
  }
  return error;
}
