import { isUtf8 } from "node:buffer";

/** The text that bytes are: well-formed UTF-8 without control characters other than tab, LF and CR. */
export function textOf(bytes: Uint8Array): string | undefined {
  if (!isUtf8(bytes)) return undefined;
  const text = utf8.decode(bytes);
  return CONTROLS.test(text) ? undefined : text;
}

const utf8 = new TextDecoder("utf-8", { ignoreBOM: true });
const CONTROLS = /(?![\t\n\r])\p{Cc}/u;

export function encodeBytes(bytes: Uint8Array, form: "base64" | "hex"): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString(form);
}
