import { printable } from "./printable.js";

/** Stands beside a code in a package's table of codes, and says what its errors tell. */
export interface Told<Facts> {
  readonly facts?: Facts;
}

/** From each code of such a table to the facts of its errors. */
export type FactsOf<Table> = {
  [Code in keyof Table]: Table[Code] extends Told<infer Facts> ? Facts : never;
};

/** An error with its code and the facts of that code as fields. */
export type CodedErrorOf<Facts, Code extends keyof Facts> = Code extends keyof Facts
  ? Error & { readonly code: Code } & Readonly<Facts[Code]>
  : never;

/** What the packages' classes of errors are. */
export abstract class CodedError<Facts, Code extends keyof Facts> extends Error {
  readonly code: Code;

  constructor(code: Code, message: string, facts: Facts[Code], cause?: unknown) {
    super(printable(message), cause === undefined ? undefined : { cause });
    this.code = code;
    Object.assign(this, facts);
  }
}

/** Whether an error is one of a package, by that package's table of codes; with `code`, whether it is that one. */
export function hasCode(table: object, error: unknown, code: PropertyKey | undefined): boolean {
  if (!(typeof error === "object" && error !== null && "code" in error)) return false;
  return code === undefined ? Object.hasOwn(table, String(error.code)) : error.code === code;
}

/** Makes what gives a caller's mistake a code of one package, and its facts. */
export function codeGiver<Facts>() {
  return <Code extends keyof Facts>(mistake: TypeError | RangeError, code: Code, facts: Facts[Code]) =>
    Object.assign(mistake, { code }, facts) as Error as CodedErrorOf<Facts, Code>;
}
