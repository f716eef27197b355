import { directoryFacts } from "./conformance/directory-facts.js";
import type { ConformanceDisk, Facts } from "./conformance/facts.js";
import { lockFacts } from "./conformance/lock-facts.js";
import { nameFacts } from "./conformance/name-facts.js";
import { openFileFacts } from "./conformance/open-file-facts.js";

export interface ConformanceOptions {
  /** The test runner's: registers a test that fails if the body throws or rejects. */
  test: (name: string, body: () => Promise<void>) => unknown;
  /** Called for each test. */
  create: () => ConformanceDisk | Promise<ConformanceDisk>;
}

/** Registers one test for each sentence of the {@link FileSystem} contract, with any test runner. */
export function testFileSystem({ test, create }: ConformanceOptions): void {
  const facts: Facts = { ...openFileFacts, ...nameFacts, ...directoryFacts, ...lockFacts };
  for (const [name, check] of Object.entries(facts)) {
    test(name, async () => {
      const disk = await create();
      try {
        await check(disk);
      } finally {
        await disk.cleanup?.();
      }
    });
  }
}
