// Packs every published package and uses the tarballs as a stranger would: installed into an empty project by npm,
// imported as ESM and required as CommonJS, each program of the pages run. Prints "N passed, N failed".
import { spawnSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { gzipSync } from "node:zlib";
import { buildSync } from "esbuild";
import { installPackages, packPackages } from "./pack-packages.mjs";
import { publishPackage } from "./publish-packages.mjs";

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
/** What programs of the pages use besides. */
const OTHERS = { "@opentelemetry/api": "1.9.1", keyv: "5.6.0", lowdb: "7.0.1", pino: "10.4.0", zod: "4.6.7" };
installPackages(packed, project, OTHERS);

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
check("datawal-fuzz --list", () =>
  node([join(project, "node_modules/@datawal/fuzz/bin/datawal-fuzz.mjs"), "--list"], project),
);
check("a store written through ESM is read through CommonJS", () => {
  const write =
    'import { DataWal } from "datawal"; using(DataWal.openSync("./store")); function using(db) { db.put("k", "v"); db.closeSync(); }';
  node(["--input-type=module", "-e", write], project);
  const read =
    'const { DataWalReader } = require("datawal"); const db = DataWalReader.openSync("./store"); if (new TextDecoder().decode(db.get("k")) !== "v") throw new Error("wrong value"); db.closeSync();';
  node(["--input-type=commonjs", "-e", read], project);
});

/** What a page shows as a program runs, in an empty directory and on what is installed. */
function checkPrograms(page) {
  const programs = [...readFileSync(page, "utf8").matchAll(/^```js\n(.*?)^```$/gms)];
  for (const [index, [, text]] of programs.entries())
    check(`${page}, program ${index + 1}`, () => {
      const place = mkdtempSync(join(project, "program-"));
      writeFileSync(join(place, "program.mjs"), text);
      node(["program.mjs"], place);
    });
  return programs.length;
}

const EXAMPLES = "examples/programs";
for (const name of readdirSync(EXAMPLES))
  check(`${EXAMPLES}/${name}, run twice in one place`, () => {
    const text = readFileSync(join(EXAMPLES, name), "utf8");
    const place = mkdtempSync(join(project, "example-"));
    writeFileSync(join(place, name), text);
    const told = [...text.split("// Prints:\n")[1].matchAll(/^\/\/ {3}(.*\n)/gm)]
      .map(([, line]) => line)
      .join("");
    for (const run of ["first", "second"]) {
      const printed = node([name], place);
      if (printed !== told) throw new Error(`the ${run} time: expected ${told}, found ${printed}`);
    }
  });

const readmes = packed.map(({ manifest }) => join(manifest.repository.directory, "README.md"));
const docs = readdirSync("docs").filter((file) => file.endsWith(".md"));
const programCount = [...readmes, ...docs.map((file) => join("docs", file))].reduce(
  (count, page) => count + checkPrograms(page),
  0,
);
check("there are programs on the pages", () => {
  if (programCount < 12) throw new Error(`expected 12 or more, found ${programCount}`);
});

const CODEC_GZIP_BYTES_MAX = 4096;
check("the codec is small", () => {
  const contents = 'export { crc32c, decodeNext, encodeRecord } from "@datawal/format";';
  const stdin = { contents, resolveDir: project };
  // As bundlers do, which write licences to a file of their own.
  const options = { bundle: true, minify: true, format: "esm", legalComments: "none", write: false };
  const [{ contents: code }] = buildSync({ stdin, ...options }).outputFiles;
  const bytes = gzipSync(code, { level: 9 }).length;
  console.log(`encodeRecord, decodeNext and crc32c: ${bytes} bytes, gzipped`);
  if (bytes > CODEC_GZIP_BYTES_MAX)
    throw new Error(`expected at most ${CODEC_GZIP_BYTES_MAX}, found ${bytes}`);
});

const dependencies = readFileSync("docs/dependencies.md", "utf8");
for (const name of strangers())
  check(`docs/dependencies.md tells the licence of ${name}`, () => {
    const { license } = JSON.parse(readFileSync(join(project, "node_modules", name, "package.json"), "utf8"));
    const row = dependencies.split("\n").find((line) => line.startsWith(`| \`${name}\` |`));
    if (!row?.includes(`| ${license} |`)) throw new Error(`expected ${license}, found ${row}`);
  });

/** What an install brings besides the packages themselves: what they need, and what that needs, but for fast-check's. */
function strangers() {
  const lock = JSON.parse(readFileSync(join(project, "node_modules/.package-lock.json"), "utf8"));
  const neededBy = (name) => {
    const { dependencies, peerDependencies, peerDependenciesMeta } = lock.packages[`node_modules/${name}`];
    const peers = Object.keys(peerDependencies ?? {}).filter(
      (peer) => !peerDependenciesMeta?.[peer]?.optional,
    );
    return name === "fast-check" ? [] : [...Object.keys(dependencies ?? {}), ...peers];
  };
  const ours = packed.map(({ manifest }) => manifest.name);
  const needed = new Set(ours);
  for (const name of needed) for (const further of neededBy(name)) needed.add(further);
  return [...needed].filter((name) => !ours.includes(name));
}

for (const one of packed) {
  check(`${one.manifest.name} can be published`, () => publishPackage(one, true));
  check(`${one.manifest.name} is not published while nobody has said whose it is`, () => {
    if (!one.manifest.repository.url.includes("/OWNER/")) return;
    let refusal;
    try {
      publishPackage(one, false);
    } catch ({ message }) {
      refusal = message;
    }
    if (!refusal?.includes("OWNER")) throw new Error(`expected a refusal, found ${refusal}`);
  });
}
check("the changesets make a version and a changelog of each package", () => {
  const clone = join(work, "release");
  spawnSync("git", ["clone", "-q", ".", clone]);
  symlinkSync(resolve("node_modules"), join(clone, "node_modules"));
  node([resolve("node_modules/@changesets/cli/bin.js"), "version"], clone);
  for (const { manifest } of packed) {
    const folder = join(clone, manifest.repository.directory);
    const { version } = JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
    const changelog = readFileSync(join(folder, "CHANGELOG.md"), "utf8");
    if (!changelog.includes(`## ${version}\n`))
      throw new Error(
        `${manifest.name}: expected ${version} in its changelog, found ${changelog.slice(0, 100)}`,
      );
  }
});

rmSync(work, { recursive: true });
console.log(`${passed} passed, ${failed} failed`);
process.exitCode = failed === 0 ? 0 : 1;
