// Makes dist/index.html: the page with its style, its program and its worker's program in it.
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { build } from "esbuild";

const here = import.meta.dirname;

async function bundled(entry, define = {}) {
  const options = { bundle: true, minify: true, format: "iife", write: false, legalComments: "none" };
  const conditions = ["@datawal/source"];
  const entryPoints = [join(here, "src", entry)];
  const { outputFiles } = await build({ ...options, conditions, entryPoints, define });
  // Within a script element nothing may look like its end.
  return outputFiles[0].text.replaceAll("</", "<\\/");
}

const worker = await bundled("worker.ts");
const main = await bundled("main.ts", { WORKER_PROGRAM: JSON.stringify(worker) });
const read = (name) => readFileSync(join(here, "src", name), "utf8");
const page = read("page.html")
  .replace("/* style */", () => read("style.css"))
  .replace("/* program */", () => main);
mkdirSync(join(here, "dist"), { recursive: true });
writeFileSync(join(here, "dist/index.html"), page);
