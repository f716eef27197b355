// Programs bundled by each bundler, where the optional packages are installed and where not, and run in both places.
import { spawnSync } from "node:child_process";
import { copyFileSync, cpSync, mkdirSync, renameSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { loadTool, toolPath } from "./tools.mjs";

const PEERS = ["fs-ext", "@node-rs/crc32"];

export function addPeers(directory) {
  for (const name of PEERS) {
    const link = join(directory, "node_modules", name);
    mkdirSync(dirname(link), { recursive: true });
    symlinkSync(toolPath(name), link);
  }
}

/** Each takes the program's path and the bundle's; returns what it has warned of. */
const BUNDLERS = {
  async esbuild(entry, outfile, format) {
    const esbuild = loadTool("esbuild");
    const options = { entryPoints: [entry], outfile, bundle: true, platform: "node", logLevel: "silent" };
    const { warnings } = await esbuild.build({ ...options, format: format === "esm" ? "esm" : "cjs" });
    return warnings.map(({ text }) => text);
  },
  async webpack(entry, outfile, format) {
    const webpack = loadTool("webpack");
    const isModule = format === "esm";
    const stats = await promisify(webpack)({
      entry,
      mode: "production",
      target: "node20",
      context: dirname(entry),
      output: {
        path: dirname(outfile),
        filename: outfile.slice(dirname(outfile).length + 1),
        module: isModule,
        ...(isModule ? { chunkFormat: "module" } : {}),
      },
      experiments: { outputModule: isModule },
    });
    const { errors, warnings } = stats.toJson({ errors: true, warnings: true });
    return [...errors, ...warnings].map(({ message }) => message);
  },
  async rollup(entry, outfile, format) {
    const { rollup } = loadTool("rollup");
    const { nodeResolve } = loadTool("@rollup/plugin-node-resolve");
    const commonjs = loadTool("@rollup/plugin-commonjs").default ?? loadTool("@rollup/plugin-commonjs");
    const warnings = [];
    const plugins = [nodeResolve({ preferBuiltins: true }), commonjs()];
    const onwarn = ({ message }) => warnings.push(message);
    const bundle = await rollup({ input: entry, plugins, external: /^node:/, onwarn });
    await bundle.write({ file: outfile, format: format === "esm" ? "es" : "cjs" });
    return warnings;
  },
  async ncc(entry, outfile, format) {
    const ncc = loadTool("@vercel/ncc");
    const options = { quiet: true, cache: false, esm: format === "esm" };
    const { code, assets } = await ncc(entry, options);
    writeFileSync(outfile, code);
    for (const [name, { source }] of Object.entries(assets)) {
      const path = join(dirname(outfile), name);
      mkdirSync(dirname(path), { recursive: true });
      writeFileSync(path, source);
    }
    return [];
  },
};

const FORMATS = { cjs: "main.cjs", esm: "main.mjs" };
const MATRIX = Object.keys(BUNDLERS).flatMap((bundler) =>
  Object.entries(FORMATS).map(([format, main]) => ({ bundler, format, main })),
);

/** @param projects Where the packages are installed, with the optional ones and without. */
export async function checkBundles(projects, work, check) {
  for (const [where, project] of Object.entries(projects)) {
    const named = ({ bundler, format }) => `${bundler}, ${format}, built ${where} the optional packages`;
    const builtIn = ({ bundler, format }) => join(work, "bundles", `${bundler}-${format}-${where}`);
    const entry = join(project, "store.mjs");
    copyFileSync(join(import.meta.dirname, "../programs/store.mjs"), entry);
    for (const bundle of MATRIX) {
      mkdirSync(builtIn(bundle), { recursive: true });
      await check(`${named(bundle)}: without an error or a warning`, async () => {
        const outfile = join(builtIn(bundle), bundle.main);
        const told = await BUNDLERS[bundle.bundler](entry, outfile, bundle.format);
        if (told.length > 0) throw new Error(told.join("\n"));
      });
    }
    // A bundle runs on another machine than the one that built it.
    renameSync(project, `${project}.away`);
    for (const bundle of MATRIX) {
      await check(`${named(bundle)}, finds them where they are installed`, () =>
        demandRun(builtIn(bundle), bundle.main, true, "lock by fs-ext, crc by native code, 5000 bytes\n"),
      );
      await check(`${named(bundle)}, does without where they are not`, () =>
        demandRun(builtIn(bundle), bundle.main, false, "lock by flock, crc by table, 5000 bytes\n"),
      );
    }
    renameSync(`${project}.away`, project);
  }
}

function demandRun(built, main, hasPeers, expected) {
  const place = `${built}-${hasPeers ? "with" : "plain"}`;
  cpSync(built, place, { recursive: true });
  if (hasPeers) addPeers(place);
  // Not from there: the current directory must decide nothing.
  const run = spawnSync(process.execPath, [join(place, main)], { cwd: dirname(place), encoding: "utf8" });
  if (run.stdout !== expected || run.stderr !== "")
    throw new Error(`expected ${expected.trim()}, found status ${run.status}: ${run.stdout}${run.stderr}`);
}
