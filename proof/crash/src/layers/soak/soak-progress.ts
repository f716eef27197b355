import { closeSync, openSync, readSync, writeSync } from "node:fs";

/** What a writer has acknowledged, in a file that outlives it: the kernel has it when a kill comes. */
export interface Progress {
  /** Steps that have returned. */
  steps: number;
  /** Compactions that have moved records or removed segments, of this writer. */
  compactions: number;
  recordsMoved: number;
  segmentsRemoved: number;
  /** 1 while one is under way that was asked for. */
  isCompacting: number;
}

const FIELDS = ["steps", "compactions", "recordsMoved", "segmentsRemoved", "isCompacting"] as const;

export class ProgressFile implements Disposable {
  readonly #descriptor: number;
  readonly #fields = new Float64Array(FIELDS.length);

  constructor(path: string, mode: "r" | "w") {
    this.#descriptor = openSync(path, mode);
  }

  write(progress: Progress): void {
    for (const [index, field] of FIELDS.entries()) this.#fields[index] = progress[field];
    writeSync(this.#descriptor, this.#fields, 0, this.#fields.byteLength, 0);
  }

  read(): Progress {
    this.#fields.fill(0);
    readSync(this.#descriptor, this.#fields, 0, this.#fields.byteLength, 0);
    const entries = FIELDS.map((field, index) => [field, this.#fields[index]!] as const);
    return Object.fromEntries(entries) as unknown as Progress;
  }

  [Symbol.dispose](): void {
    closeSync(this.#descriptor);
  }
}
