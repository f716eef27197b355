import { type Command, Option } from "commander";
import { Failure, UsageFailure } from "../failure.js";
import { safeLine } from "../render/terminal-safe.js";

/** The ways to name a key; exactly one is given. */
export interface KeyArguments {
  /** The argument KEY, or the option. */
  key?: string;
  keyBase64?: string;
  keyHex?: string;
}

/** Adds the options, and KEY behind the arguments that the command has. */
export function addKeyArguments(command: Command): Command {
  return command
    .argument("[KEY]", "the key, as UTF-8 text, where no option names it")
    .addOption(new Option("-k, --key <TEXT>", "the key, as UTF-8 text").conflicts(["keyBase64", "keyHex"]))
    .addOption(new Option("--key-base64 <B64>", "the key, in base64").conflicts(["key", "keyHex"]))
    .addOption(new Option("--key-hex <HEX>", "the key, in hexadecimal").conflicts(["key", "keyBase64"]));
}

/**
 * Positional arguments under their names: STORE as `store`. Where an option names the key there is no KEY among them.
 *
 * @throws UsageFailure: a key is named twice
 */
export function positionals(command: Command): Record<string, string | undefined> {
  const isNamed = KEY_OPTIONS.some((option) => command.getOptionValue(option) !== undefined);
  const names = command.registeredArguments.map((argument) => argument.name().toLowerCase());
  const places = names.filter((name) => name !== "key" || !isNamed);
  if (command.args.length > places.length) throw notOneKey();
  return Object.fromEntries(places.map((name, index) => [name, command.args[index]]));
}

const KEY_OPTIONS = ["key", "keyBase64", "keyHex"] as const satisfies (keyof KeyArguments)[];

function notOneKey(): UsageFailure {
  return new UsageFailure("pass exactly one of KEY, --key, --key-base64, or --key-hex");
}

/** @throws UsageFailure: none given; Failure: one that is not well-formed */
export function decodeKey({ key, keyBase64, keyHex }: KeyArguments): Uint8Array {
  if (key !== undefined) return new TextEncoder().encode(key);
  if (keyBase64 !== undefined) return decodeBase64(keyBase64);
  if (keyHex !== undefined) return decodeHex(keyHex);
  throw notOneKey();
}

/** Of several texts that a lenient decoder takes for the same bytes, only the canonical one is let through. */
function decodeBase64(text: string): Uint8Array {
  const bytes = Buffer.from(text, "base64");
  const canonical = bytes.toString("base64");
  if (canonical === text) return bytes;
  throw new Failure(
    `invalid --key-base64: expected the standard alphabet with padding, such as "${canonical}", got "${safeLine(text)}"`,
  );
}

function decodeHex(text: string): Uint8Array {
  const stranger = /[^0-9a-fA-F]/u.exec(text);
  if (stranger) throw new Failure(`invalid --key-hex: non-hex byte '${safeLine(stranger[0])}'`);
  if (text.length % 2 !== 0) throw new Failure("invalid --key-hex: odd length");
  return Buffer.from(text, "hex");
}
