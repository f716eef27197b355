import type { FuzzTarget } from "@datawal/fuzz";
import { decodeKey } from "../../../../packages/cli/src/arguments/key.js";
import { wholeNumber } from "../../../../packages/cli/src/arguments/whole-number.js";
import { Failure } from "../../../../packages/cli/src/failure.js";

const text = (line: string) => new TextEncoder().encode(line);
const MAX = 2n ** 64n - 1n;

/** A text as a key in base64, in hexadecimal and as it is, and as a whole number: what is accepted means what it says. */
export function cliKey(decode = decodeKey): FuzzTarget {
  return {
    name: "cli_key",
    seeds: [
      "",
      "YQ==",
      "YWI=",
      "YR==",
      "616b",
      "61 6B",
      "616",
      "0",
      "18446744073709551615",
      "18446744073709551616",
      "-1",
    ].map(text),
    words: ["==", "=", "-", "_", "+/", "0x", "\u{1f701}", "\n", "00000000000000000000"].map(text),
    bytesMax: 64,
    run: (input) => {
      const given = Buffer.from(input).toString("utf8");
      const accepted: string[] = [];
      const accept = (form: string, read: () => unknown, isMeant: (value: never) => boolean) => {
        const value = readOrRefused(read);
        if (value === REFUSED) return;
        if (!isMeant(value as never)) throw new Error(`${form}: accepted, and means something else`);
        accepted.push(form);
      };
      accept(
        "text",
        () => decode({ key: given }),
        (key: Uint8Array) => textOf(key) === textOf(text(given)),
      );
      accept(
        "base64",
        () => decode({ keyBase64: given }),
        (key: Uint8Array) => base64Of(key) === given,
      );
      accept(
        "hex",
        () => decode({ keyHex: given }),
        (key: Uint8Array) => hexOf(key) === given.toLowerCase(),
      );
      accept(
        "number",
        () => wholeNumber(MAX)(given),
        (value: number) => value === Number(BigInt(given)) && value >= 0,
      );
      return accepted.join();
    },
  };
}

const REFUSED = Symbol("refused");
const textOf = (bytes: Uint8Array) => Buffer.from(bytes).toString("latin1");
const base64Of = (bytes: Uint8Array) => Buffer.from(bytes).toString("base64");
const hexOf = (bytes: Uint8Array) => Buffer.from(bytes).toString("hex");

function readOrRefused(read: () => unknown): unknown {
  try {
    return read();
  } catch (error) {
    if (error instanceof Failure || (error as Error).name === "CommanderError") return REFUSED;
    if ((error as { code?: string }).code === "commander.invalidArgument") return REFUSED;
    throw error;
  }
}
