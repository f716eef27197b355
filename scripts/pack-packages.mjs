// Packs every published package, for the gates that use the tarballs as a stranger would.
import { execFileSync } from "node:child_process";
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";

/**
 * @param work A directory that gets the tarballs.
 * @returns The manifest of each package, and its tarball's absolute path.
 */
export function packPackages(work) {
  execFileSync("npm", ["run", "--silent", "build"], { stdio: ["ignore", "ignore", "inherit"] });
  return readdirSync("packages").map((name) => {
    const folder = join("packages", name);
    const manifest = JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
    const out = execFileSync(resolve("node_modules/.bin/pnpm"), ["pack", "--pack-destination", work], {
      cwd: folder,
      encoding: "utf8",
    });
    return { manifest, tarball: resolve(work, out.trim().split("\n").at(-1)) };
  });
}

/** Makes a project that has the packages installed, by npm, from the tarballs and nothing else. */
export function installPackages(packed, project) {
  mkdirSync(project);
  // The packages are not in the registry yet: what one needs of another comes from the tarballs, too.
  const overrides = Object.fromEntries(
    packed.map(({ manifest, tarball }) => [manifest.name, `file:${tarball}`]),
  );
  writeFileSync(
    join(project, "package.json"),
    JSON.stringify({ private: true, dependencies: overrides, overrides }),
  );
  npmInstall(project);
}

export function npmInstall(project) {
  execFileSync("npm", ["install", "--no-audit", "--no-fund", "--no-package-lock", "--loglevel=error"], {
    cwd: project,
    stdio: "inherit",
  });
}
