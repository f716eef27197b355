import { deepStrictEqual, doesNotThrow, throws } from "node:assert";
import { createRequire } from "node:module";
import type { AbstractDatabaseOptions } from "abstract-level";
import { expect, test } from "vitest";
import type { DatawalLevel } from "../src/datawal-level.js";

type Factory = (options: AbstractDatabaseOptions<string, string>) => DatawalLevel;
type Body = (t: Assertions) => unknown;

// It has no types, and mixes what it requires of itself with what it requires of the package.
const suite: (options: { factory: Factory; test: (name: string, body: Body) => void }) => void =
  createRequire(import.meta.url)("abstract-level/test");

/** Makes each test of the suite one of vitest's. It is written for tape, of which it uses what is below. */
export function runSuite(factory: Factory): void {
  suite({ factory, test: (name, body) => test(name, () => runBody(body)) });
}

export function runBody(body: Body): Promise<void> {
  return new Assertions().run(body);
}

/** Of one test: it ends with its promise, or else when it says so, or has made as many as it planned. */
class Assertions {
  #made = 0;
  #planned: number | undefined;
  #end = () => {};

  async run(body: Body): Promise<void> {
    const ended = new Promise<void>((resolve) => {
      this.#end = resolve;
    });
    const returned = body(this);
    await (returned instanceof Promise ? returned : ended);
    expect(this.#made).toBe(this.#planned ?? this.#made);
  }

  plan(count: number): void {
    this.#planned = count;
  }

  end(): void {
    this.#end();
  }

  is(actual: unknown, expected: unknown, message?: string): void {
    this.#assert(() => expect(actual, message).toBe(expected));
  }

  isNot(actual: unknown, expected: unknown, message?: string): void {
    this.#assert(() => expect(actual, message).not.toBe(expected));
  }

  same(actual: unknown, expected: unknown): void {
    this.#assert(() => deepStrictEqual(actual, expected));
  }

  ok(actual: unknown, message?: string): void {
    this.#assert(() => expect(actual, message).toBeTruthy());
  }

  pass(): void {
    this.#assert(() => {});
  }

  fail(error: unknown): void {
    this.#assert(() => expect.fail(String(error)));
  }

  throws(call: () => unknown, expected: RegExp): void {
    this.#assert(() => throws(call, expected));
  }

  doesNotThrow(call: () => unknown): void {
    this.#assert(() => doesNotThrow(call));
  }

  #assert(check: () => void): void {
    check();
    if (++this.#made === this.#planned) this.#end();
  }
}
