export type Form = "auto" | "text" | "json" | "hex" | "base64";

/** The text of bytes, in a form; what they are not in that form is told instead. */
export function showBytes(bytes: Uint8Array, form: Form): string {
  if (form === "hex") return Array.from(bytes, hex).join(" ");
  if (form === "base64") return base64(bytes);
  const text = textOf(bytes);
  if (text === undefined) return form === "auto" ? `base64: ${base64(bytes)}` : "(no UTF-8)";
  if (form === "text" || text === "") return visible(text);
  try {
    const value: unknown = JSON.parse(text);
    if (form === "auto" && typeof value !== "object") return visible(text);
    return visible(JSON.stringify(value, null, 2));
  } catch {
    return form === "auto" ? visible(text) : "(no JSON)";
  }
}

/** Lines of 16 bytes: offset, hexadecimal, characters. */
export function hexDump(bytes: Uint8Array, offset: number): string {
  const lines: string[] = [];
  for (let at = 0; at < bytes.length; at += 16) {
    const line = bytes.subarray(at, at + 16);
    const characters = Array.from(line, (byte) =>
      byte > 31 && byte < 127 ? String.fromCharCode(byte) : ".",
    );
    lines.push(
      `${String(offset + at).padStart(10, "0")}  ${Array.from(line, hex).join(" ").padEnd(47)}  ${characters.join("")}`,
    );
  }
  return lines.join("\n");
}

function textOf(bytes: Uint8Array): string | undefined {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return undefined;
  }
}

/** Control characters, and those that change the order of text, as escapes. */
function visible(text: string): string {
  return text.replace(
    /(?![\n\t])[\p{Cc}\p{Bidi_Control}]/gu,
    (c) => `\\u{${c.codePointAt(0)!.toString(16)}}`,
  );
}

function hex(byte: number): string {
  return byte.toString(16).padStart(2, "0");
}

function base64(bytes: Uint8Array): string {
  return btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(""));
}
