import { Session } from "node:inspector";

interface Range {
  startOffset: number;
  endOffset: number;
  count: number;
}

interface Coverage {
  result: { scriptId: string; url: string; functions: { ranges: Range[] }[] }[];
}

/**
 * What of the loaded code has run, block by block, as V8 counts it: of any code, in no special build. A look costs about
 * a millisecond: it is taken once per some hundred executions.
 *
 * A function that was compiled before is counted as a whole, not by its blocks: make this first, then run what is looked at.
 */
export class V8Coverage implements Disposable {
  readonly #session = new Session();
  /** The blocks of each function, as far as they were ever told. */
  readonly #known = new Map<string, Map<string, Range>>();

  constructor() {
    this.#session.connect();
    this.#post("Profiler.enable");
    this.#post("Profiler.startPreciseCoverage", { callCount: true, detailed: true });
  }

  /** The blocks that have run since the last look. */
  take(): Set<string> {
    const blocks = new Set<string>();
    const { result } = this.#post("Profiler.takePreciseCoverage") as Coverage;
    for (const { scriptId, url, functions } of result) {
      if (url === "" || url.startsWith("node:")) continue;
      for (const { ranges } of functions) this.#add(blocks, scriptId, ranges);
    }
    return blocks;
  }

  /** V8 leaves out a block that has run as often as what is around it: those of earlier looks are looked for, too. */
  #add(blocks: Set<string>, scriptId: string, ranges: readonly Range[]): void {
    const name = `${scriptId}:${ranges[0]!.startOffset}`;
    let known = this.#known.get(name);
    if (!known) {
      known = new Map();
      this.#known.set(name, known);
    }
    for (const range of ranges) known.set(`${range.startOffset}:${range.endOffset}`, range);
    for (const [place, { startOffset, endOffset }] of known) {
      const around = ranges.findLast(
        (range) => range.startOffset <= startOffset && range.endOffset >= endOffset,
      );
      if (around && around.count > 0) blocks.add(`${scriptId}:${place}`);
    }
  }

  [Symbol.dispose](): void {
    this.#post("Profiler.stopPreciseCoverage");
    this.#session.disconnect();
  }

  /** The session answers at once: it is of this very thread. */
  #post(method: string, parameters: object = {}): unknown {
    let answer: unknown;
    let failure: Error | null = null;
    this.#session.post(method, parameters, (error: Error | null, result?: object) => {
      failure = error;
      answer = result;
    });
    if (failure) throw failure;
    return answer;
  }
}
