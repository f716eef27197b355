import { readdirSync } from "node:fs";
import { dirname } from "node:path";
import { expect, test } from "vitest";
import { Interrupted } from "../src/interrupted.js";
import { Output } from "../src/output/output.js";
import { run } from "../src/program.js";
import { freshPath, madeStore, PAIRS } from "./kit/stores.js";

/** Runs a command that a signal may interrupt; returns its exit code and what it printed. */
async function runWith(signal: AbortSignal, ...argv: string[]) {
  let printed = "";
  const output = () =>
    new Output(async (piece) => {
      printed += Buffer.from(piece);
    });
  const code = await run(argv, { stdout: output(), stderr: output(), signal });
  return { code, printed };
}

/** A signal that tells an abort when it has been asked so many times. */
function signalAtStep(step: number): AbortSignal {
  let asked = 0;
  return Object.assign(new AbortController().signal, {
    throwIfAborted: () => {
      if (asked++ === step) throw new Interrupted();
    },
  });
}

const store = await madeStore(PAIRS, { segmentBytesMax: 1 });

test.each([
  ["scan", store],
  ["report", store],
  ["export", store, freshPath("out")],
  ["compact", store, freshPath("out")],
  ["tail", "--follow", store],
])("Ctrl-C ends %s quietly, with 130", async (...argv) => {
  expect(await runWith(AbortSignal.abort(new Interrupted()), ...argv)).toEqual({ code: 130, printed: "" });
});

// compact left an empty directory, which swap then refused.
test.each([["snapshot"], ["compact"], ["repair", "--to"]])(
  "wherever Ctrl-C comes, %s leaves a whole target or none",
  async (command, ...to) => {
    const codes = [];
    for (let step = 0; codes.at(-1) !== 0; step++) {
      const out = freshPath("out");
      const { code } = await runWith(signalAtStep(step), command, store, ...to, out);
      codes.push(code);
      expect(readdirSync(dirname(out))).toEqual(code === 0 ? ["out"] : []);
    }
    expect(codes.length).toBeGreaterThan(3);
    expect(new Set(codes.slice(0, -1))).toEqual(new Set([130]));
  },
);
