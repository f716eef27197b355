import { spawnSync } from "node:child_process";
import { REPOSITORY } from "../../laboratory/bundle.js";
import { keyOf } from "./soak-step.js";

export interface ReferenceLook {
  pairs: ReadonlyMap<number, Uint8Array>;
  /** Why the Rust crate did not look. */
  skipped?: string;
}

/** Has the Rust crate open a store as a writer does, and tell its pairs. @throws Error with what it said instead */
export function readByReference(store: string): ReferenceLook {
  const { status, stdout, stderr } = spawnSync(process.execPath, ["proof/interop/pairs.mjs", store], {
    cwd: REPOSITORY,
    encoding: "utf8",
    maxBuffer: 64 * 1024 * 1024,
  });
  if (status !== 0) throw new Error(`the reference does not open ${store}: ${stdout}${stderr}`);
  const lines = stdout.split("\n").slice(0, -1);
  if (lines[0]?.startsWith("SKIPPED ")) return { pairs: new Map(), skipped: lines[0] };
  return { pairs: new Map(lines.map(pairIn)) };
}

function pairIn(line: string): [key: number, value: Uint8Array] {
  const [key, value] = line.split(" ").map((text) => Buffer.from(text, "base64"));
  return [keyOf(key!), value!];
}
