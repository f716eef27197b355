import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { readTestimony, Witness } from "../../../../src/layers/power-cut/writer/testimony.js";

test("only what was said in full, and before the cut, counts", () => {
  const directory = mkdtempSync(join(tmpdir(), "datawal-testimony-"));
  const path = join(directory, "testimony");
  const witness = new Witness(path);
  witness.say({ kind: "opening" });
  witness.say({ kind: "opened", records: 3 });
  writeFileSync(path, '{"kind":"dur', { flag: "a" });
  expect(readTestimony(path)).toEqual([{ kind: "opening" }, { kind: "opened", records: 3 }]);
  const bytesOfFirst = '{"kind":"opening"}\n'.length;
  expect(readTestimony(path, bytesOfFirst)).toEqual([{ kind: "opening" }]);
  expect(readTestimony(path, bytesOfFirst + 5)).toEqual([{ kind: "opening" }]);
  rmSync(directory, { recursive: true });
});
