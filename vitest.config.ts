import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { defineConfig } from "vitest/config";

// Tests run against the sources, never against a stale dist.
const conditions = ["@datawal/source", "module", "node", "import", "default"];
const folders = [
  ...readdirSync("packages").map((name) => `packages/${name}`),
  "examples/demo",
  "examples/readme",
  "proof/compaction-model",
  "proof/crash",
  "proof/interop",
  "proof/oracle",
  "proof/rules",
];

/** What all packages, and some of them by themselves, do around each of their test files. */
const setupOf = (root: string) =>
  [join(import.meta.dirname, "vitest.setup.ts"), join(import.meta.dirname, root, "test/setup.ts")].filter(
    existsSync,
  );

export default defineConfig({
  test: {
    // All cores: the default leaves one idle, half of a small machine.
    maxWorkers: "100%",
    projects: folders.map((root) => ({
      resolve: { conditions },
      ssr: { resolve: { conditions } },
      test: {
        name: root,
        root,
        include: ["test/**/*.test.ts"],
        setupFiles: setupOf(root),
        // Files of a package share what is loaded, which halves the time. The demo's fixtures live as long as a file.
        isolate: root === "examples/demo",
        testTimeout: 30_000,
        hookTimeout: 60_000,
      },
    })),
  },
});
