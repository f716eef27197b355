import { join, resolve, sep } from "node:path";
import { describeDifference, isDataWalError } from "datawal";
import { ExitCode } from "../exit-code.js";
import { Failure } from "../failure.js";
import { shellWord } from "../render/shell-word.js";
import { seeRepair, seeVerify, storeFailure } from "./store-failure.js";

/** Tells what went wrong with a swap, as {@link storeFailure} does. Which of the two stores it is about is in the error. */
export function swapFailure(error: unknown, store: string, replacement: string): unknown {
  if (isDataWalError(error, "ERR_DATAWAL_REPLACEMENT_DAMAGED")) {
    return new Failure(
      `${replacement}: expected an intact store to put in the place of ${store}, found it ${error.found}; nothing was changed; ${seeRepair(replacement)}`,
      ExitCode.corruption,
      error,
    );
  }
  if (isDataWalError(error, "ERR_DATAWAL_SOURCE_DAMAGED")) {
    return new Failure(
      `${store}: expected it whole, since ${replacement} must hold all that it does, found it ${error.found}; nothing was changed; ${seeVerify(store)}; to give up what may be lost: ${again(store, replacement)} --force`,
      error.found === "torn" ? ExitCode.recoverable : ExitCode.corruption,
      error,
    );
  }
  if (isDataWalError(error, "ERR_DATAWAL_REPLACEMENT_DIFFERS")) {
    return new Failure(
      `${replacement}: expected exactly the live pairs of ${store}, found ${describeDifference(error)}; nothing was changed; compact again when nobody writes any more; to give up what only ${store} holds: ${again(store, replacement)} --force`,
      ExitCode.cannotProceed,
      error,
    );
  }
  if (isDataWalError(error, "ERR_DATAWAL_SWAP_INCOMPLETE")) {
    return new Failure(
      `${store}: the replacement is in place, but a power cut may undo that, and ${error.oldPath} is not wholly removed; to finish: ${again(store, replacement)}`,
      ExitCode.cannotProceed,
      error,
    );
  }
  return storeFailure(error, isAbout(error, replacement) ? replacement : store);
}

function again(store: string, replacement: string): string {
  return `datawal swap ${shellWord(store)} ${shellWord(replacement)}`;
}

function isAbout(error: unknown, path: string): boolean {
  if (typeof error !== "object" || error === null || !("path" in error)) return false;
  return join(String(error.path), sep).startsWith(join(resolve(path), sep));
}
