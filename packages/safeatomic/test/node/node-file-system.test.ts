import { mkdtempSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, test } from "vitest";
import { nodeFileSystem } from "../../src/index.js";
import { testFileSystem } from "../../src/testing/index.js";

describe("nodeFileSystem keeps the port's contract", () => {
  testFileSystem({
    test,
    create: () => {
      const directory = mkdtempSync(join(tmpdir(), "safeatomic-"));
      const cleanup = () => rmSync(directory, { recursive: true });
      const hasPermissionBits = process.platform !== "win32";
      return { fileSystem: nodeFileSystem, directory, hasPermissionBits, makeLink: symlinkSync, cleanup };
    },
  });
});
