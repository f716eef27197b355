import type { BytesForm } from "../arguments/bytes-form.js";
import type { Environment } from "../environment.js";
import { Failure } from "../failure.js";
import type { Output } from "../output/output.js";
import { encodeBytes, textOf } from "./bytes.js";
import { writeMessage } from "./message.js";
import { safeText } from "./terminal-safe.js";

/**
 * Writes a whole value. `raw` is its exact bytes and nothing else; the other forms end with LF. `auto` is the text
 * where the value is text, else base64 behind `b64:`, and stderr says so.
 *
 * @throws Failure: raw bytes that are no text, to a terminal, which would act on them
 */
export function writeValue(
  command: string,
  value: Uint8Array,
  form: BytesForm,
  { stdout, stderr }: Environment,
): void {
  const text = form === "auto" || form === "raw" ? textOf(value) : undefined;
  if (form === "base64" || form === "hex") stdout.write(`${encodeBytes(value, form)}\n`);
  else if (form === "raw" && !stdout.isTerminal) stdout.writeBytes(value);
  else if (text !== undefined) stdout.write(`${stdout.isTerminal ? safeText(text) : text}\n`);
  else if (form === "raw") throw rawToTerminal(value.length);
  else {
    stdout.write(`b64:${encodeBytes(value, "base64")}\n`);
    writeMessage(
      stderr,
      command,
      `the value is no text: its ${value.length} bytes are shown in base64; --bytes raw writes them as they are`,
    );
  }
}

function rawToTerminal(byteCount: number): Failure {
  return new Failure(
    `expected a pipe or a file to write ${byteCount} raw bytes to, found a terminal, which would act on them; add "> FILE" or use --bytes hex`,
  );
}

/** Writes bytes as they are, and LF; to a terminal, safe text, or base64 where they are no text. */
export function writeLine(bytes: Uint8Array, stdout: Output): void {
  if (!stdout.isTerminal) stdout.writeBytes(bytes);
  else {
    const text = textOf(bytes);
    stdout.write(text === undefined ? `b64:${encodeBytes(bytes, "base64")}` : safeText(text));
  }
  stdout.write("\n");
}
