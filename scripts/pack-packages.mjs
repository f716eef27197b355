// Packs every published package, for the gates that use the tarballs as a stranger would.
import { execFileSync } from "node:child_process";
import { copyFileSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join, posix, resolve } from "node:path";

const LICENCES = ["LICENSE-APACHE", "LICENSE-MIT"];

/**
 * Builds, and packs every package as it is published.
 *
 * @param work A directory that gets the tarballs.
 * @returns The manifest of each package as it is in the workspace, and its tarball's absolute path.
 */
export function packPackages(work) {
  execFileSync("npm", ["run", "--silent", "build"], { stdio: ["ignore", "ignore", "inherit"] });
  return readdirSync("packages").map((name) => {
    const folder = join("packages", name);
    const manifest = JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
    return { manifest, tarball: packPackage(folder, manifest, resolve(work)) };
  });
}

/** What pnpm makes of a workspace's package, without what only its makers need, and with what only the repository has. */
function packPackage(folder, manifest, work) {
  const pnpm = [resolve("node_modules/.bin/pnpm"), "pack", "--pack-destination", work];
  const tarball = resolve(work, print(pnpm, folder).trim().split("\n").at(-1));
  execFileSync("tar", ["-xzf", tarball, "-C", work]);
  const staged = join(work, "package");
  change(join(staged, "package.json"), (text) => {
    const { scripts, devDependencies, ...published } = JSON.parse(text);
    return `${JSON.stringify(published, null, 2)}\n`;
  });
  change(join(staged, "README.md"), (text) => withAbsoluteLinks(text, folder, manifest));
  for (const file of LICENCES) copyFileSync(file, join(staged, file));
  print(["npm", "pack", "--silent", "--pack-destination", work], staged);
  rmSync(staged, { recursive: true });
  return tarball;
}

/** The registry's page shows the README without the repository around it. */
export function withAbsoluteLinks(readme, folder, { repository }) {
  const tree = `${repository.url.replace(/^git\+|\.git$/g, "")}/blob/main/`;
  return readme.replace(
    /\]\((?![a-z]+:|#)([^)]+)\)/g,
    (_, target) => `](${tree}${posix.join(folder, target)})`,
  );
}

function change(file, edit) {
  writeFileSync(file, edit(readFileSync(file, "utf8")));
}

function print([program, ...args], cwd) {
  return execFileSync(program, args, { cwd, encoding: "utf8" });
}

/**
 * Makes a project that has the packages installed, by npm, from the tarballs.
 *
 * @param others What else it depends on: nothing when absent.
 */
export function installPackages(packed, project, others = {}) {
  mkdirSync(project);
  // The packages are not in the registry yet: what one needs of another comes from the tarballs, too.
  const overrides = Object.fromEntries(
    packed.map(({ manifest, tarball }) => [manifest.name, `file:${tarball}`]),
  );
  writeFileSync(
    join(project, "package.json"),
    JSON.stringify({ private: true, dependencies: { ...overrides, ...others }, overrides }),
  );
  npmInstall(project);
}

const QUIETLY = ["--no-audit", "--no-fund", "--no-package-lock", "--loglevel=error"];

/** @param options Of npm, besides. */
export function npmInstall(project, ...options) {
  execFileSync("npm", ["install", ...QUIETLY, ...options], {
    cwd: project,
    stdio: "inherit",
  });
}
