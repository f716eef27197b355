// One program from the tarballs: under every runtime, as ESM and CommonJS; installed by every package manager; and where
// there is less than usual around it. What was found is the table of docs/where-it-runs.md.
import { spawnSync } from "node:child_process";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { installOnce } from "./tools.mjs";

const MANIFEST = join(import.meta.dirname, "../runtimes/package.json");
const PROGRAM = join(import.meta.dirname, "../programs/everywhere.mjs");
const PAGE = "docs/where-it-runs.md";
const NO_LOCK = "ERR_DATAWAL_NO_LOCK_MEANS";
const FORMATS = { ESM: "everywhere.mjs", CommonJS: "everywhere.cjs" };

/** What is only run, and need not be built: no script of its own has a turn. @returns Where. */
export const installRuntimes = () => installOnce(MANIFEST, "--ignore-scripts");

/**
 * @param packed Each package's manifest and tarball.
 * @param project Where npm has installed them.
 */
export async function checkRuntimes(packed, project, work, check) {
  const runtimes = join(installRuntimes(), "node_modules");
  writeProgram(project);
  const cases = [
    ...runtimeCases(runtimes, project),
    ...placeCases(runtimes, project, work),
    ...(await managerCases(runtimes, packed, work, check)),
  ];
  const rows = [];
  for (const { where, how, run, expected } of cases)
    await check(`${where}, ${how}`, () => {
      const { status, stdout, stderr } = run();
      const found = stdout.includes(" ERR_DATAWAL_LOCKED intact true lock by ") ? "works" : told(stderr);
      rows.push(`| ${where} | ${how} | ${found} |`);
      if (found !== expected)
        throw new Error(`expected ${expected}, found status ${status}: ${stdout}${stderr}`);
    });
  await check(`${PAGE} has the table`, () => {
    const table = ["| where | how | found |", "| --- | --- | --- |", ...rows].join("\n");
    console.log(table);
    const page = readFileSync(PAGE, "utf8");
    const written = page.replace(/(<!-- table -->).*(<!-- end of table -->)/s, `$1\n${table}\n$2`);
    if (process.argv.includes("--write")) writeFileSync(PAGE, written);
    else if (written !== page)
      throw new Error(`${PAGE} is out of date: node proof/surroundings/run.mjs runtimes --write`);
  });
}

const told = (stderr) => (stderr.includes(NO_LOCK) ? `\`${NO_LOCK}\`: nothing was written` : "fails");

function writeProgram(directory) {
  const text = readFileSync(PROGRAM, "utf8");
  writeFileSync(join(directory, FORMATS.ESM), text);
  writeFileSync(
    join(directory, FORMATS.CommonJS),
    text.replace(/^import (\{.*\}) from (".*");$/gm, "const $1 = require($2);"),
  );
}

const versionsOf = () => JSON.parse(readFileSync(MANIFEST, "utf8")).dependencies;

function runtimeCases(runtimes, project) {
  const versions = versionsOf();
  const nodes = Object.keys(versions).filter((name) => name.startsWith("node-"));
  const bun = join(runtimes, "@oven/bun-linux-x64/bin/bun");
  const deno = join(runtimes, "@deno/linux-x64-glibc/deno");
  const denoRun = [deno, "run", "--no-lock", "--no-prompt"];
  const permissions = "--allow-read --allow-write --allow-env --allow-sys --allow-run=flock".split(" ");
  const named = [
    ...nodes.map((name) => [
      `Node.js ${versions[name].split("@").at(-1)}`,
      [join(runtimes, name, "bin/node")],
    ]),
    [`Bun ${versions["@oven/bun-linux-x64"]}`, [bun]],
    [`Deno ${versions["@deno/linux-x64-glibc"]}`, [...denoRun, "-A"]],
    [`Deno, \`${permissions.join(" ")}\``, [...denoRun, ...permissions]],
  ];
  return named.flatMap(([where, command]) => formatCases(where, command, project));
}

function formatCases(where, [command, ...args], cwd, env = process.env) {
  return Object.entries(FORMATS).map(([how, file]) => ({
    where,
    how,
    expected: "works",
    run: () => spawnSync(command, [...args, file], { cwd, env, encoding: "utf8" }),
  }));
}

/** As in a distroless image, where there is no program at all. */
function placeCases(runtimes, project, work) {
  const bare = join(work, "no-programs");
  mkdirSync(bare);
  const node = [join(runtimes, "node-24/bin/node")];
  const cases = formatCases("no program `flock` (distroless), no `fs-ext`", node, project, { PATH: bare });
  return cases.map((one) => ({ ...one, expected: `\`${NO_LOCK}\`: nothing was written` }));
}

async function managerCases(runtimes, packed, work, check) {
  const files = Object.fromEntries(packed.map(({ manifest, tarball }) => [manifest.name, `file:${tarball}`]));
  const yarn = [process.execPath, join(runtimes, "@yarnpkg/cli-dist/bin/yarn.js")];
  const bun = join(runtimes, "@oven/bun-linux-x64/bin/bun");
  const managers = {
    pnpm: {
      fields: { pnpm: { overrides: files } },
      install: [resolve("node_modules/.bin/pnpm"), "install", "--ignore-workspace", "--no-frozen-lockfile"],
      run: [process.execPath],
    },
    "yarn, Plug'n'Play": {
      fields: { resolutions: files },
      install: [...yarn, "install"],
      run: [...yarn, "node"],
    },
    bun: { fields: { overrides: files }, install: [bun, "install"], run: [bun] },
  };
  const registry = spawnSync("npm", ["config", "get", "registry"], { encoding: "utf8" }).stdout.trim();
  const settings = { NODE_LINKER: "pnp", ENABLE_IMMUTABLE_INSTALLS: "false", ENABLE_TELEMETRY: "0" };
  const forYarn = Object.entries({ ...settings, NPM_REGISTRY_SERVER: registry }).map(([k, v]) => [
    `YARN_${k}`,
    v,
  ]);
  const env = { ...process.env, ...Object.fromEntries(forYarn), BUN_CONFIG_REGISTRY: registry };
  const cases = [];
  for (const [name, { fields, install, run }] of Object.entries(managers)) {
    const place = join(work, `installed-by-${name.split(",")[0]}`);
    mkdirSync(place);
    writeFileSync(
      join(place, "package.json"),
      JSON.stringify({ private: true, dependencies: files, ...fields }),
    );
    // Without it yarn looks for a project further up.
    if (name.startsWith("yarn")) writeFileSync(join(place, "yarn.lock"), "");
    writeProgram(place);
    await check(`${name} installs the tarballs`, () => {
      const { status, stdout, stderr } = spawnSync(install[0], install.slice(1), {
        cwd: place,
        env,
        encoding: "utf8",
      });
      if (status !== 0) throw new Error(stdout + stderr);
    });
    cases.push(...formatCases(`installed by ${name}`, run, place, env));
  }
  return cases;
}
