// Packs every published package and uses the tarballs as a stranger would: installed into an empty project by npm,
// imported as ESM and required as CommonJS. Prints "N passed, N failed".
import { spawnSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { installPackages, packPackages } from "./pack-packages.mjs";

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

const packed = packPackages(work);
const project = join(work, "project");
installPackages(packed, project);

/** An internal entry has no declarations: whatever named it would be `any` to a user's compiler. */
function requireOwnTypes(packageName) {
  const dist = join(project, "node_modules", packageName, "dist");
  const files = readdirSync(dist, { recursive: true }).filter((file) => /\.d\.c?ts$/.test(file));
  const naming = files.filter((file) => readFileSync(join(dist, file), "utf8").includes("/internal"));
  if (naming.length > 0)
    throw new Error(`expected no declaration to name an internal entry, found ${naming}`);
}

for (const { manifest } of packed) {
  if (manifest.types) check(`types of ${manifest.name}`, () => requireOwnTypes(manifest.name));
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
check("in CommonJS, too, a package's entries share what they hold", () => {
  const ask =
    'const { RecordLogError } = require("@datawal/record-log"), { storeIoError } = require("@datawal/record-log/internal"); if (!(storeIoError(Object.assign(new Error(), { code: "EIO" }), "open", "store") instanceof RecordLogError)) throw new Error("two classes");';
  node(["--input-type=commonjs", "-e", ask], project);
});
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
