import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { compilePackage } from "./kit/compiled-package.js";
import { runNode } from "./kit/node-child.js";

const readme = readFileSync(new URL("../README.md", import.meta.url), "utf8");

test("the README's example runs and does what it says", () => {
  const directory = mkdtempSync(join(tmpdir(), "readme-"));
  const [, example = ""] = /```js\n(.*?)```/s.exec(readme) ?? [];
  const script = example.replace("@datawal/safeatomic", compilePackage(directory).url);
  expect(runNode(`process.chdir(${JSON.stringify(directory)});${script}`)).toBe("we came first\n");
  expect(runNode(`process.chdir(${JSON.stringify(directory)});${script}`)).toBe(
    "another process came first\n",
  );
  expect(readFileSync(join(directory, "settings.json"), "utf8")).toBe('{"theme":"dark"}');
  expect(readFileSync(join(directory, "audit.log"), "utf8")).toBe("theme set to dark\n".repeat(2));
  expect(readdirSync(directory).filter((name) => name.endsWith(".new"))).toEqual([]);
  rmSync(directory, { recursive: true });
});
