import { readdirSync } from "node:fs";
import { defineConfig } from "vitest/config";

// Tests run against the sources, never against a stale dist.
const conditions = ["@datawal/source", "module", "node", "import", "default"];
const folders = [...readdirSync("packages").map((name) => `packages/${name}`), "demo", "examples", "rules"];

// Their fixtures keep a directory for as long as one test file runs; all others share what is loaded, which halves the time.
const ISOLATED = ["packages/cli", "demo"];

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
        isolate: ISOLATED.includes(root),
        testTimeout: 30_000,
      },
    })),
  },
});
