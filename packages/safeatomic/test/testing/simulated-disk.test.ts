import { describe, test } from "vitest";
import { createSimulatedDisk, testFileSystem } from "../../src/testing/index.js";

describe("the simulated disk keeps the port's contract", () => {
  testFileSystem({
    test,
    create: () => {
      const fileSystem = createSimulatedDisk();
      fileSystem.makeDirectory("/directory");
      return { fileSystem, directory: "/directory" };
    },
  });
});
