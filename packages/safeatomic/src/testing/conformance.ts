import type { FileSystem } from "../file-system.js";
import { directoryFacts } from "./conformance/directory-facts.js";
import { lockFacts } from "./conformance/lock-facts.js";
import { nameFacts } from "./conformance/name-facts.js";
import { openFileFacts } from "./conformance/open-file-facts.js";

/** What each test is given. */
export interface ConformanceDisk {
  fileSystem: FileSystem;
  /** Absolute; exists, and is empty. */
  directory: string;
  /** Makes a symbolic link; what the contract says of links is tested only where there is a way to make one. */
  makeLink?: ((target: string, path: string) => void) | undefined;
  /** Called after the test, whether it passed or not. */
  cleanup?: (() => void | Promise<void>) | undefined;
}

export interface ConformanceOptions {
  /** The test runner's: registers a test that fails if the body throws or rejects. */
  test: (name: string, body: () => Promise<void>) => unknown;
  /** Called for each test. */
  create: () => ConformanceDisk | Promise<ConformanceDisk>;
}

/** A sentence of the port's contract and how it is checked. */
export type Facts = Record<string, (disk: ConformanceDisk) => void | Promise<void>>;

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
