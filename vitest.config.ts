import { defineConfig } from "vitest/config";

// Tests run against the sources, never against a stale dist.
const conditions = ["@datawal/source", "module", "node", "import", "default"];

export default defineConfig({
  resolve: { conditions },
  ssr: { resolve: { conditions } },
  test: {
    include: ["{packages,examples,proof,docs}/*/test/**/*.test.ts"],
    setupFiles: ["vitest.setup.ts", "packages/cli/test/setup.ts", "examples/demo/test/setup.ts"],
    // All cores: the default leaves one idle, half of a small machine.
    maxWorkers: "100%",
    // Files share what is loaded, which halves the time.
    isolate: false,
    testTimeout: 30_000,
    hookTimeout: 60_000,
  },
});
