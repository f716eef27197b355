import { createHash } from "node:crypto";

/** What was seen of one run, from its beginning to a moment, as text; and which kinds of it there are. */
export class Trace {
  readonly lines: readonly string[];
  readonly kinds: ReadonlySet<string>;

  constructor(lines: readonly string[] = [], kinds: ReadonlySet<string> = new Set()) {
    this.lines = lines;
    this.kinds = kinds;
  }

  with(line: string, kind?: string): Trace {
    return new Trace([...this.lines, line], kind ? new Set([...this.kinds, kind]) : this.kinds);
  }

  get hash(): string {
    return createHash("sha1").update(this.lines.join("\n")).digest("base64");
  }
}

/** Something was seen that the model has no step for. */
export interface Rejection {
  what: string;
  /** The actions that might have explained it. */
  actions: readonly string[];
  trace: Trace;
}

/** The distinct traces of a run, and what was rejected. */
export class TraceCensus {
  readonly #seen = new Set<string>();
  readonly byKind = new Map<string, number>();
  readonly rejections: Rejection[] = [];

  get count(): number {
    return this.#seen.size;
  }

  /** A run is over. */
  note(trace: Trace): void {
    const { hash } = trace;
    if (this.#seen.has(hash)) return;
    this.#seen.add(hash);
    for (const kind of trace.kinds) this.byKind.set(kind, (this.byKind.get(kind) ?? 0) + 1);
  }
}
