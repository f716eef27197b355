import { wrap } from "./wrap.js";

const INDENT = "   ";
const LABEL_WIDTH = 16;
/** Wide enough for sentences, narrow enough for any terminal. */
const COLUMNS_MAX = 60;

/** What went wrong, and in which step. */
export class StepFailed extends Error {
  constructor(number: number, title: string, cause: unknown) {
    super(`step ${number} (${title}) failed: ${cause instanceof Error ? cause.message : String(cause)}`, {
      cause,
    });
  }
}

/** The demo's voice: numbered steps, sentences and small tables, in plain text of at most 60 columns. */
export class Story {
  readonly #write: (text: string) => void;
  readonly #columns: number;
  #steps = 0;

  /** @param columns Of the terminal, if it is one. */
  constructor(write: (text: string) => void, columns = COLUMNS_MAX) {
    this.#write = write;
    this.#columns = Math.min(columns, COLUMNS_MAX);
  }

  /** @throws StepFailed */
  async step<T>(title: string, run: () => T | Promise<T>): Promise<T> {
    const number = ++this.#steps;
    this.#write(`\n${number}. ${title}\n`);
    try {
      return await run();
    } catch (error) {
      throw new StepFailed(number, title, error);
    }
  }

  say(text: string): void {
    this.#block(INDENT, text);
  }

  /** What belongs to the sentence or line before it. */
  detail(text: string): void {
    this.#block(INDENT + INDENT, text);
  }

  /** One line of a table; a long value goes on below itself. */
  row(label: string, value: string): void {
    this.#block(`${INDENT}${label.padEnd(LABEL_WIDTH)}`, value);
  }

  /** A line to be copied: never broken. */
  command(line: string): void {
    this.#write(`${INDENT}${line}\n`);
  }

  #block(start: string, text: string): void {
    const [first, ...rest] = wrap(text, this.#columns - start.length);
    const lines = [`${start}${first}`, ...rest.map((line) => " ".repeat(start.length) + line)];
    this.#write(`${lines.join("\n")}\n`);
  }
}

/** A count for people: with commas, and the noun in its number. */
export function counted(count: number, noun: string): string {
  return `${number(count)} ${noun}${count === 1 ? "" : "s"}`;
}

export function number(count: number): string {
  return count.toLocaleString("en");
}
