import { readdirSync } from "node:fs";
import { defineConfig } from "vitest/config";

// Tests run against the sources, never against a stale dist.
const conditions = ["@datawal/source", "module", "node", "import", "default"];
const folders = [...readdirSync("packages").map((name) => `packages/${name}`), "demo", "examples", "rules"];

export default defineConfig({
  test: {
    projects: folders.map((root) => ({
      resolve: { conditions },
      ssr: { resolve: { conditions } },
      test: { name: root, root, include: ["test/**/*.test.ts"], testTimeout: 30_000 },
    })),
  },
});
