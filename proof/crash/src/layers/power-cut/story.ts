import { inspect } from "node:util";
import { OracleViolation } from "@datawal/oracle";
import type { Violation } from "../../laboratory/layer.js";

/** What happened, line by line, for whoever must understand a violation. */
export class Story {
  readonly #lines: string[];

  constructor(title: string) {
    this.#lines = [title];
  }

  tell(...parts: readonly unknown[]): void {
    this.#lines.push(parts.map(show).join(" "));
  }

  /** @param id What `--case` takes to see it again. */
  violation(id: string, error: unknown): Violation {
    const isBroken = error instanceof OracleViolation;
    const sentence = isBroken ? error.sentence : STEP_FAILED;
    this.tell(isBroken ? error.message : (error as Error).stack);
    return { sentence, case: id, story: this.#lines.join("\n") };
  }
}

/** What is demanded beside the oracle's sentences. */
export const STEP_FAILED = "every step does what it must";

function show(part: unknown): string {
  return typeof part === "string"
    ? part
    : inspect(part, { depth: 4, compact: true, breakLength: Number.POSITIVE_INFINITY });
}
