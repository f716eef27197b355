import { spawnSync } from "node:child_process";
import { join } from "node:path";
import plants from "../../plants.json" with { type: "json" };
import type { Section, SectionResult, Stage } from "./section.js";

/** The comparison can fail: with a fault put into our sources the section that is meant for it finds it. */
export const planted: Section = {
  name: "planted",
  unit: "planted faults",
  async run({ repository, ledger }: Stage): Promise<SectionResult> {
    const facts: string[] = [];
    for (const { name, section, scale, finds } of plants) {
      const args = ["--plant", name, "--only", section, "--scale", String(scale), "--seed", "1"];
      const script = join(repository, "proof/interop/run.mjs");
      const { status, stdout, stderr } = spawnSync(process.execPath, [script, ...args], { encoding: "utf8" });
      const found = stdout.split("\n").find((line) => new RegExp(finds).test(line));
      if (status === 0 || !found) ledger.fail(`${name} was not found:\n${stdout}${stderr}`);
      else facts.push(`${name}: ${found.trim().slice(0, 160)}`);
    }
    return { cases: plants.length, facts };
  },
};
