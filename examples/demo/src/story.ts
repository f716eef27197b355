// The demo's voice: numbered steps, sentences and small tables, in plain text.

const INDENT = "   ";
const LABEL_WIDTH = 16;
/** Wide enough for sentences, narrow enough for any terminal. */
const COLUMNS = 60;

let steps = 0;
let title = "";

export function step(nextTitle: string): void {
  title = nextTitle;
  process.stdout.write(`\n${++steps}. ${title}\n`);
}

/** The step at hand, by number and title. */
export function currentStep(): string {
  return `step ${steps} (${title})`;
}

export function say(text: string): void {
  block(INDENT, text);
}

/** What belongs to the sentence or line before it; with a label, a line of a table. */
export function detail(text: string, label = ""): void {
  block(INDENT + (label ? label.padEnd(LABEL_WIDTH) : INDENT), text);
}

/** A line to be copied: never broken. */
export function command(line: string): void {
  process.stdout.write(`${INDENT}${line}\n`);
}

function block(start: string, text: string): void {
  const lines = wrap(text, COLUMNS - start.length);
  process.stdout.write(`${start}${lines.join(`\n${" ".repeat(start.length)}`)}\n`);
}

/** Breaks text anew between words so that no line is longer than `columns`, unless a word is. */
export function wrap(text: string, columns: number): string[] {
  const lines = new RegExp(`\\S.{0,${columns - 1}}(?= |$)|\\S+`, "g");
  return text.replace(/\s+/g, " ").match(lines) ?? [];
}

/** A count for people: with commas, and the noun in its number. */
export function counted(count: number, noun: string): string {
  return `${number(count)} ${noun}${count === 1 ? "" : "s"}`;
}

export function number(count: number): string {
  return count.toLocaleString("en");
}
