/**
 * What a terminal acts on instead of showing it (control characters, and with them escape sequences), and what makes it
 * show text in another order or on another line than it stands.
 */
const UNSAFE = /[\p{Cc}\p{Bidi_Control}\u2028\u2029]/gu;

/**
 * A message as one line that a terminal shows as it is: names of files and of lock holders are part of it, and anybody
 * may have made those. What is unsafe is written as JSON writes it; ordinary text stays as it is.
 */
export function printable(message: string): string {
  return message.replace(UNSAFE, (character) => {
    const code = character.charCodeAt(0).toString(16).padStart(4, "0");
    return SHORT[character] ?? `\\u${code}`;
  });
}

const SHORT: Readonly<Record<string, string>> = { "\n": "\\n", "\r": "\\r", "\t": "\\t" };
