// The Rust crate, in a small program of ours: built for release, from its registry.
import { spawnSync } from "node:child_process";
import { join } from "node:path";

const FOLDER = join(import.meta.dirname, "../../rust");

/** @returns `program`, or why there is none. */
export function buildReference() {
  const { error, status, stderr } = spawnSync("cargo", ["build", "--release", "--quiet"], {
    cwd: FOLDER,
    encoding: "utf8",
  });
  if (error) return { missing: `no cargo on PATH (${error.code})` };
  if (status !== 0) return { missing: `cargo build failed: ${stderr.trim().split("\n")[0]}` };
  return {
    program: join(process.env.CARGO_TARGET_DIR ?? join(FOLDER, "target"), "release", "datawal-bench"),
  };
}
