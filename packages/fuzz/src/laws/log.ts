import fc from "fast-check";
import { anyLogOperations, type LogOperation } from "../arbitraries/operation.js";
import { LogMachine, type LogPlace } from "../machines/log-machine.js";
import type { Awaitable } from "../machines/place.js";

/** Makes an empty place for a log, each time another one. */
export type LogUnderTest = () => Awaitable<LogPlace>;

/**
 * The law of a log, over programs of up to 60 operations: behind each crash it holds a prefix of what was appended, all
 * that was synced in it, txids in order, each group whole or not at all; opening once more finds the same; and in half of
 * the runs a reader and a follower beside it show what the writer has.
 */
export function keepsTheLog(log: LogUnderTest): fc.IAsyncPropertyWithHooks<[LogOperation[], boolean]> {
  return fc.asyncProperty(anyLogOperations(), fc.boolean(), async (program, isReadBeside) => {
    await LogMachine.run(await log(), program, isReadBeside);
  });
}
