// Packs every published package and uses the tarballs as a stranger would: installed into an empty project by npm,
// imported as ESM and required as CommonJS. Prints "N passed, N failed".
import { execFileSync, spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";

const work = mkdtempSync(join(tmpdir(), "datawal-packages-"));
let passed = 0;
let failed = 0;

function check(what, run) {
  try {
    run();
    passed++;
  } catch (error) {
    failed++;
    console.error(`${what}: ${error.message}`);
  }
}

function node(args, cwd) {
  const { status, stdout, stderr } = spawnSync(process.execPath, args, { cwd, encoding: "utf8" });
  if (status !== 0) throw new Error(`node ${args.join(" ")} ended with ${status}: ${stderr}`);
  return stdout;
}

const manifests = readdirSync("packages").map((folder) => ({
  folder: join("packages", folder),
  manifest: JSON.parse(readFileSync(join("packages", folder, "package.json"), "utf8")),
}));
const tarballs = manifests.map(({ folder }) => {
  const out = execFileSync("pnpm", ["pack", "--pack-destination", work], { cwd: folder, encoding: "utf8" });
  return resolve(work, out.trim().split("\n").at(-1));
});

const project = join(work, "project");
mkdirSync(project);
// The packages are not in the registry yet: what one needs of another comes from the tarballs, too.
const overrides = Object.fromEntries(
  manifests.map(({ manifest }, index) => [manifest.name, `file:${tarballs[index]}`]),
);
writeFileSync(
  join(project, "package.json"),
  JSON.stringify({ private: true, dependencies: overrides, overrides }),
);
execFileSync("npm", ["install", "--no-audit", "--no-fund", "--loglevel=error"], {
  cwd: project,
  stdio: "inherit",
});

for (const { manifest } of manifests) {
  for (const subpath of Object.keys(manifest.exports ?? {})) {
    const specifier = `${manifest.name}${subpath.slice(1)}`;
    if (subpath === "./package.json") continue;
    check(`import ${specifier}`, () =>
      node(["--input-type=module", "-e", `await import("${specifier}")`], project),
    );
    check(`require ${specifier}`, () =>
      node(["--input-type=commonjs", "-e", `require("${specifier}")`], project),
    );
  }
}
check("datawal --version", () =>
  node([join(project, "node_modules/@datawal/cli/bin/datawal.cjs"), "--version"], project),
);
check("a store written through ESM is read through CommonJS", () => {
  const write =
    'import { DataWal } from "datawal"; using(DataWal.openSync("./store")); function using(db) { db.put("k", "v"); db.closeSync(); }';
  node(["--input-type=module", "-e", write], project);
  const read =
    'const { DataWalReader } = require("datawal"); const db = DataWalReader.openSync("./store"); if (new TextDecoder().decode(db.get("k")) !== "v") throw new Error("wrong value"); db.closeSync();';
  node(["--input-type=commonjs", "-e", read], project);
});

rmSync(work, { recursive: true });
console.log(`${passed} passed, ${failed} failed`);
process.exitCode = failed === 0 ? 0 : 1;
