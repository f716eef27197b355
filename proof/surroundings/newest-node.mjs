// Prints where the newest Node.js lies that is tried here; installed, should it not be.
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { installRuntimes } from "./src/runtimes.mjs";

const packages = join(installRuntimes(), "node_modules");
const numberOf = (name) => Number(name.slice("node-".length));
const nodes = readdirSync(packages).filter((name) => /^node-\d/.test(name));
const [newest] = nodes.sort((one, other) => numberOf(other) - numberOf(one));
console.log(join(packages, newest, "bin"));
