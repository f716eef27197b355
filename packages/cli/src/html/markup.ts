import { safeLine } from "../render/terminal-safe.js";

/** Text of a page that is markup already. */
export class Markup {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }
}

type Part = string | number | bigint | Markup | readonly Markup[];

/** Markup with parts put in: whatever is none itself is shown as text, control characters written out. */
export function markup(pieces: TemplateStringsArray, ...parts: readonly Part[]): Markup {
  return new Markup(String.raw({ raw: pieces }, ...parts.map(markupOf)));
}

function markupOf(part: Part): string {
  if (part instanceof Markup) return part.text;
  if (typeof part === "object") return part.map(({ text }) => text).join("");
  return safeLine(String(part)).replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}
