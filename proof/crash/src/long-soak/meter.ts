import { readdirSync, statSync } from "node:fs";
import { join } from "node:path";

/** What a process and its store take up at one moment, behind a garbage collection, and how long its steps took since the last. */
export interface Sample {
  rssBytes: number;
  /** Of JavaScript, and what it holds outside of its heap. */
  heapBytes: number;
  descriptors: number;
  files: number;
  diskBytes: number;
  steps: number;
  p50Us: number;
  p99Us: number;
  maxUs: number;
}

const SAMPLE_MS = 500;

/** Times steps, and tells whoever started this process of a sample now and then. */
export class Meter {
  readonly #store: string;
  #durationsUs: number[] = [];
  #startMs = 0;
  #sampledMs = performance.now();

  constructor(store: string) {
    this.#store = store;
  }

  begin(): void {
    this.#startMs = performance.now();
  }

  end(): void {
    const nowMs = performance.now();
    this.#durationsUs.push((nowMs - this.#startMs) * 1_000);
    if (nowMs - this.#sampledMs < SAMPLE_MS) return;
    const steps = this.#durationsUs.length;
    const sorted = Float64Array.from(this.#durationsUs).sort();
    this.#durationsUs = [];
    const at = (share: number) => sorted[Math.floor(share * (sorted.length - 1))]!;
    const times = { p50Us: at(0.5), p99Us: at(0.99), maxUs: at(1) };
    process.send!({ ...memorySample(), ...storeSample(this.#store), steps, ...times } satisfies Sample);
    this.#sampledMs = performance.now();
  }
}

/** Needs Node's option --expose-gc. */
export function memorySample(): Pick<Sample, "rssBytes" | "heapBytes" | "descriptors"> {
  globalThis.gc!();
  const { rss, heapUsed, external } = process.memoryUsage();
  return { rssBytes: rss, heapBytes: heapUsed + external, descriptors: readdirSync("/proc/self/fd").length };
}

function storeSample(store: string): Pick<Sample, "files" | "diskBytes"> {
  const names = readdirSync(store);
  // A compaction may remove one between the listing and here.
  const sizes = names.map((name) => statSync(join(store, name), { throwIfNoEntry: false })?.size ?? 0);
  return { files: names.length, diskBytes: sizes.reduce((sum, size) => sum + size, 0) };
}
