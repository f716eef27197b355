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
    // On a busy machine the longest of a full run take as long.
    testTimeout: process.env.DATAWAL_FULL === "1" ? 120_000 : 60_000,
    hookTimeout: 60_000,
  },
});
