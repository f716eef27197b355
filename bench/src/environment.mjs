import { spawnSync } from "node:child_process";
import { cpus, loadavg, release, totalmem } from "node:os";
import { requireDisk } from "./disk.mjs";

/** Where and on what this run was made. */
export function describeEnvironment(directory) {
  const [cpu] = cpus();
  return {
    node: process.version,
    cpu: `${cpus().length} x ${cpu?.model.trim()}`,
    memoryGiB: Math.round(totalmem() / 2 ** 30),
    system: `${process.platform} ${release()}`,
    ...requireDisk(directory),
    commit: commit(),
    loadBefore: Number(loadavg()[0].toFixed(2)),
  };
}

function commit() {
  const git = (...words) =>
    spawnSync("git", words, { encoding: "utf8", cwd: import.meta.dirname }).stdout?.trim();
  // Results of another group are no change of what is measured.
  const changes = git("status", "--porcelain", "--", ":(top)packages", ":(top)bench/src", ":(top)bench/rust");
  return `${git("rev-parse", "--short", "HEAD")}${changes ? " and changes" : ""}`;
}
