// Publishes each package in the version that its manifest has, unless the registry has it. With --dry-run it packs all and
// publishes none.
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { packPackages } from "./pack-packages.mjs";

/**
 * @param packed A package's manifest and tarball.
 * @throws where npm refuses, and where nobody has said yet whose repository it is.
 */
export function publishPackage({ manifest, tarball }, isDryRun) {
  if (!isDryRun && manifest.repository.url.includes("/OWNER/"))
    throw new Error(
      `${manifest.name}: put the owner of the repository in the place of OWNER (CONTRIBUTING.md)`,
    );
  const args = ["publish", tarball, "--access", "public", ...(isDryRun ? ["--dry-run"] : [])];
  const { status, stderr } = spawnSync("npm", args, { encoding: "utf8" });
  if (status !== 0) throw new Error(`npm publish ended with ${status}: ${stderr}`);
}

function isPublished({ name, version }) {
  return (
    spawnSync("npm", ["view", `${name}@${version}`, "version"], { encoding: "utf8" }).stdout.trim() !== ""
  );
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const isDryRun = process.argv.includes("--dry-run");
  const work = mkdtempSync(join(tmpdir(), "datawal-publish-"));
  for (const packed of packPackages(work)) {
    const { name, version } = packed.manifest;
    if (!isDryRun && isPublished(packed.manifest)) continue;
    publishPackage(packed, isDryRun);
    console.log(`${name} ${version}${isDryRun ? " would be published" : " is published"}`);
  }
  rmSync(work, { recursive: true });
}
