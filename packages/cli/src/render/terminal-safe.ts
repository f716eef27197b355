/**
 * What a terminal acts on instead of showing it (control characters, and with them escape sequences), and what makes
 * it show text in another order or on another line than it stands.
 */
const UNSAFE = /[\p{Cc}\p{Bidi_Control}\u2028\u2029]/gu;

/** As {@link UNSAFE}, but text may have lines and tabs. */
const UNSAFE_IN_TEXT = /(?!\n|\t|\r\n)[\p{Cc}\p{Bidi_Control}\u2028\u2029]/gu;

/** One line that a terminal shows as it is: everything else is written as an escape. */
export function safeLine(text: string): string {
  return text.replace(UNSAFE, escapeCharacter);
}

/** As {@link safeLine}, with line ends and tabs left as they are. */
export function safeText(text: string): string {
  return text.replace(UNSAFE_IN_TEXT, escapeCharacter);
}

export function escapeCharacter(character: string): string {
  const short = SHORT_ESCAPES[character];
  if (short !== undefined) return short;
  const code = character.codePointAt(0)!;
  return code < 0x100 ? `\\x${code.toString(16).padStart(2, "0")}` : `\\u{${code.toString(16)}}`;
}

const SHORT_ESCAPES: Readonly<Record<string, string>> = { "\n": "\\n", "\r": "\\r", "\t": "\\t" };
