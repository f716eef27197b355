import type { Command } from "commander";
import type { Environment } from "../environment.js";
import type { ExitCode } from "../exit-code.js";

/** What every command is given besides its own arguments. */
export interface StoreArguments {
  store: string;
  json?: boolean;
}

/** A command's work: a function of what stands on the command line and of what it writes to. */
export type Run<Arguments> = (args: Arguments, environment: Environment) => Promise<ExitCode>;

/** Makes a command's work an action of its commander command: positionals by name, options, global options. */
export type Act = <Arguments extends object>(run: Run<Arguments>) => (this: Command) => Promise<void>;

/** Declares one command: its words, arguments and options. */
export type DefineCommand = (act: Act) => Command;
