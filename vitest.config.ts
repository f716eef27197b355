import { existsSync, readdirSync } from "node:fs";
import { defineConfig } from "vitest/config";

// Tests run against the sources, never against a stale dist.
const conditions = ["@datawal/source", "module", "node", "import", "default"];
const folders = [
  ...readdirSync("packages").map((name) => `packages/${name}`),
  "examples/demo",
  "examples/readme",
  "proof/crash",
  "proof/interop",
  "proof/oracle",
  "proof/rules",
];

/** What some packages do around each of their test files. */
const setupOf = (root: string) => (existsSync(`${root}/test/setup.ts`) ? ["test/setup.ts"] : []);

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
