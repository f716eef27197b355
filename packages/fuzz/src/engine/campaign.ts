import { Mutator } from "./mutator.js";
import { seededRandom } from "./seeded-random.js";
import { shrinkInput } from "./shrink.js";
import type { FuzzTarget } from "./target.js";
import { V8Coverage } from "./v8-coverage.js";

export interface CampaignOptions {
  readonly seed: number;
  /** It ends with the first that is reached; give at least one. */
  readonly executions?: number | undefined;
  readonly milliseconds?: number | undefined;
  /** Whether inputs that reach new code are kept and changed further; else the seeds alone are. True when absent. */
  readonly isGuided?: boolean | undefined;
  /** What tells of new code; one of its own when absent. One that was made before the code was compiled sees more. */
  readonly coverage?: V8Coverage | undefined;
}

export interface CampaignResult {
  readonly executions: number;
  readonly milliseconds: number;
  /** Blocks of code reached; 0 where it was not guided. */
  readonly blocks: number;
  /** How often each outcome was. */
  readonly outcomes: ReadonlyMap<string, number>;
  /** Inputs that reached a block that none before them had. */
  readonly found: readonly Uint8Array[];
  readonly failure: CampaignFailure | undefined;
}

export interface CampaignFailure {
  readonly input: Uint8Array;
  /** The input made smaller, as long as it failed in the same way. */
  readonly shrunk: Uint8Array;
  readonly error: unknown;
}

/** Coverage is looked at once per so many executions: a look takes as long as some hundred of them. */
const BATCH = 500;
const NEWEST = 4;

/** Runs a target on inputs made of its seeds, and of what reached new code. The same seed gives the same inputs. */
export function fuzz(target: FuzzTarget, options: CampaignOptions): CampaignResult {
  return new Campaign(target, options).run();
}

class Campaign {
  readonly #target: FuzzTarget;
  readonly #options: CampaignOptions;
  readonly #random: () => number;
  readonly #mutator: Mutator;
  readonly #seen = new Set<string>();
  /** Inputs to be changed, by how they ended. */
  readonly #corpus = new Map<string, Uint8Array[]>();
  readonly #outcomes = new Map<string, number>();
  readonly #found: Uint8Array[] = [];
  #executions = 0;

  constructor(target: FuzzTarget, options: CampaignOptions) {
    this.#target = target;
    this.#options = options;
    this.#random = seededRandom(options.seed);
    this.#mutator = new Mutator(target, this.#random);
  }

  run(): CampaignResult {
    const { executions = Number.POSITIVE_INFINITY, milliseconds = Number.POSITIVE_INFINITY } = this.#options;
    const startMs = performance.now();
    const { isGuided = true, coverage: shared } = this.#options;
    using own = isGuided && !shared ? new V8Coverage() : undefined;
    const coverage = isGuided ? (shared ?? own) : undefined;
    let failure = this.#failureIn(this.#target.seeds);
    for (const seed of failure ? [] : this.#target.seeds) this.#keep(seed);
    for (const block of coverage?.take() ?? []) this.#seen.add(block);
    while (!failure && this.#executions < executions && performance.now() - startMs < milliseconds) {
      const batch = Array.from({ length: Math.min(BATCH, executions - this.#executions) }, () =>
        this.#draw(),
      );
      failure = this.#failureIn(batch);
      if (coverage && !failure) this.#learn(coverage, batch);
    }
    return {
      executions: this.#executions,
      milliseconds: performance.now() - startMs,
      blocks: this.#seen.size,
      outcomes: this.#outcomes,
      found: this.#found,
      failure,
    };
  }

  #draw(): Uint8Array {
    return this.#mutator.mutate(this.#pick(), () => this.#pick());
  }

  /** Each outcome is as likely as any other, however few of its inputs there are; the newest inputs more than others. */
  #pick(): Uint8Array {
    const kinds = [...this.#corpus.values()];
    const inputs = kinds[Math.floor(this.#random() * kinds.length)]!;
    const count = this.#random() < 0.5 ? Math.min(NEWEST, inputs.length) : inputs.length;
    return inputs[inputs.length - 1 - Math.floor(this.#random() * count)]!;
  }

  #failureIn(batch: readonly Uint8Array[]): CampaignFailure | undefined {
    for (const input of batch) {
      try {
        const outcome = this.#target.run(input);
        this.#outcomes.set(outcome, (this.#outcomes.get(outcome) ?? 0) + 1);
        this.#executions++;
      } catch (error) {
        this.#executions++;
        return { input, shrunk: shrinkInput(this.#target, input, error), error };
      }
    }
    return undefined;
  }

  /** Keeps those inputs of a batch that have reached something new. */
  #learn(coverage: V8Coverage, batch: readonly Uint8Array[]): void {
    const fresh = new Set([...coverage.take()].filter((block) => !this.#seen.has(block)));
    if (fresh.size === 0) return;
    const hits = (inputs: readonly Uint8Array[]): boolean => {
      for (const input of inputs) this.#target.run(input);
      return [...coverage.take()].some((block) => fresh.has(block) && !this.#seen.has(block));
    };
    this.#search(batch, hits, coverage);
    // What cannot be told apart, or depends on what ran before.
    for (const block of fresh) this.#seen.add(block);
  }

  #search(
    inputs: readonly Uint8Array[],
    hits: (inputs: readonly Uint8Array[]) => boolean,
    coverage: V8Coverage,
  ): void {
    if (!hits(inputs)) return;
    const [input] = inputs;
    if (inputs.length === 1) {
      this.#keep(input!);
      this.#found.push(input!);
      for (const block of coverage.take()) this.#seen.add(block);
      return;
    }
    const half = inputs.length >>> 1;
    this.#search(inputs.slice(0, half), hits, coverage);
    this.#search(inputs.slice(half), hits, coverage);
  }

  #keep(input: Uint8Array): void {
    const outcome = this.#target.run(input);
    const inputs = this.#corpus.get(outcome);
    if (inputs) inputs.push(input);
    else this.#corpus.set(outcome, [input]);
  }
}
