import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import type { FileSystem } from "../../src/index.js";
import { CrashFailure, crashEverywhere } from "../../src/testing/index.js";
import { readCounter, saveCounter } from "../kit/counter.js";

/** The counter of the page, with what it forgets. */
function saveCounterDurably(disk: FileSystem, value: number): void {
  const file = disk.open("/counter.new", "create");
  const text = new TextEncoder().encode(String(value));
  file.append(text, 0, text.length);
  file.fsyncSync();
  file.close();
  disk.rename("/counter.new", "/counter");
  disk.fsyncDirectorySync("/");
}

async function crashTest(save: (disk: FileSystem, value: number) => void) {
  let acknowledged = 0;
  return await crashEverywhere({
    work: (disk) => {
      for (const value of [7, 8]) {
        save(disk, value);
        acknowledged = value;
      }
    },
    check: (afterCrash) => {
      const found = readCounter(afterCrash);
      if (found < acknowledged) throw new Error(`${acknowledged} was saved, ${found} is there`);
    },
  });
}

test("code that forgets a sync is told a story that ends in what it lost", async () => {
  const failure = await crashTest(saveCounter).catch((error: unknown) => error);
  expect(failure).toBeInstanceOf(CrashFailure);
  expect((failure as Error).message).toBe(`a power cut may leave a state that is refused:
  open /counter.new
  file.append /counter.new 1 bytes
  file.close /counter.new
  rename /counter.new to /counter
  fsyncDirectorySync /
  the power is cut before open /counter.new; what is left:
    /counter: its durable 0 bytes
  then: Error: 7 was saved, 0 is there`);
});

test("code that forgets none passes, every moment of it", async () => {
  expect(await crashTest(saveCounterDurably)).toEqual({ cases: 27, distinct: 11 });
});

test("the page shows this program and this story", async () => {
  const page = readFileSync(new URL("../../../../docs/simulated-disk.md", import.meta.url), "utf8");
  const source = readFileSync(new URL("../kit/counter.ts", import.meta.url), "utf8");
  const failure = (await crashTest(saveCounter).catch((error: unknown) => error)) as Error;
  expect(page).toContain(source.slice(source.indexOf("export function saveCounter")).trim());
  expect(page).toContain(failure.message.replaceAll(/^/gm, "    "));
});
