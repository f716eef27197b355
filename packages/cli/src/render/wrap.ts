/** How a text is broken into lines. */
export interface Wrapping {
  /** Of the terminal; nothing is broken where absent, in a pipe or a file. */
  columns: number | undefined;
  /** Where the first line begins, since something stands before it. */
  firstColumn: number;
  /** Spaces that every other line begins with. */
  indent: number;
}

/** Room for words that a line must leave; otherwise the indent is given up. */
const TEXT_COLUMNS_MIN = 24;
const SMALL_INDENT = 2;

/** What a line does not break: a word, and a command with its arguments, which is there to be copied. */
const UNBROKEN = /(?:datawal \w+|mv )[^;]*;?|\S+/g;

/** Breaks a text between words, so that it fits a terminal; what is longer than a line the terminal breaks itself. */
export function wrap(text: string, { columns, firstColumn, indent }: Wrapping): string[] {
  if (columns === undefined || firstColumn + text.length <= columns) return [text];
  const isRoomy = columns - indent >= TEXT_COLUMNS_MIN;
  const margin = " ".repeat(isRoomy ? indent : SMALL_INDENT);
  const lines: string[] = [];
  let line = /^ */.exec(text)![0];
  for (const [word] of text.matchAll(UNBROKEN)) {
    const start = lines.length === 0 ? firstColumn : 0;
    if (line.trim() === "") line += word;
    else if (start + line.length + 1 + word.length <= columns) line += ` ${word}`;
    else {
      lines.push(line);
      line = `${margin}${word}`;
    }
  }
  return [...lines, line];
}
