import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { IS_FULL_RUN } from "../../../record-log/test/kit/seeded-random.js";
import { nodeFileSystem } from "../../src/index.js";
import { addFsExt, compilePackage, fsExtDirectory } from "../kit/compiled-package.js";
import { type Holder, runNode, startHolder, startNode } from "../kit/node-child.js";

const hasFlock = spawnSync("flock", ["--version"]).status === 0;
const isBsd = ["darwin", "freebsd", "netbsd", "openbsd"].includes(process.platform);

let directory: string;
/** Entry points of the package where fs-ext can be had, where not, and where it is installed but broken. */
const packages = { withFsExt: "", plain: "", broken: "", unbuilt: "" };
/** PATHs: as it is, and one without any program. */
const { PATH: usual = "" } = process.env;
const paths = { usual, empty: "" };

beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), "lock-chain-"));
  paths.empty = join(directory, "no-programs");
  mkdirSync(paths.empty);
  packages.plain = compilePackage(directory).url;
  const withFsExt = compilePackage(directory);
  if (fsExtDirectory) addFsExt(withFsExt);
  packages.withFsExt = withFsExt.url;
  packages.broken = withFsExtOf('throw new Error("another Node")');
  packages.unbuilt = withFsExtOf('require("./build/Release/fs_ext.node")');
});

function withFsExtOf(source: string): string {
  const compiled = compilePackage(directory);
  const fsExt = join(compiled.directory, "node_modules/fs-ext");
  mkdirSync(fsExt, { recursive: true });
  writeFileSync(join(fsExt, "index.js"), source);
  writeFileSync(join(fsExt, "package.json"), '{ "main": "index.js" }');
  return compiled.url;
}

afterAll(() => rmSync(directory, { recursive: true }));

let lockCount = 0;
function newLockPath(): string {
  lockCount += 1;
  return join(directory, `lock-${lockCount}`);
}

/** A module that takes the lock, does something with it, and prints by what means, or the code and text of the error. */
function takingScript(url: string, path: string, then = ""): string {
  return `
    import { nodeFileSystem } from ${JSON.stringify(url)};
    let told;
    try {
      globalThis.lock = nodeFileSystem.lock(${JSON.stringify(path)}, "child");
      ${then}
      told = lock.state + " " + (lock.means ?? lock.owner) + " " + (lock.note ?? "");
    } catch (error) { told = error.code + " " + error.message }
    process.stdout.write(told.trim());`;
}

function take(url: string, path: string, PATH: string): string {
  return runNode(takingScript(url, path), { ...process.env, PATH });
}

/** A PATH whose one program is a flock of this text. */
function pathOf(program: string, mode = 0o755): string {
  const programs = mkdtempSync(join(directory, "programs-"));
  writeFileSync(join(programs, "flock"), `#!/bin/sh\n${program}\n`, { mode });
  return programs;
}

function lockHere(path: string) {
  const lock = nodeFileSystem.lock(path, `process ${process.pid}`);
  if (lock.state === "refused") throw new Error(`refused: ${lock.owner}`);
  return lock;
}

/** Whether a process that is not ours gets the lock: util-linux, as a script would use it. */
function isFreeForOthers(path: string): boolean {
  return spawnSync("flock", ["-n", path, "true"]).status === 0;
}

/** In a full run only: a flock that hangs is given 5 s. Begun before all tests and looked at behind them. */
const canHang = IS_FULL_RUN && process.platform !== "win32" && !isBsd;
let besideHanging: Promise<Holder[]> | undefined;
beforeAll(() => {
  if (!canHang) return;
  const script = (lock: string) => `
    import { nodeFileSystem } from ${JSON.stringify(packages.plain)};
    let turns = 0;
    setInterval(() => (turns += 1), 100);
    try { ${lock} } catch (error) { process.stdout.write(error.code + " " + (turns > 10) + " " + error.message) }
    process.exit();`;
  const env = { ...process.env, PATH: pathOf("exec /bin/sleep 60") };
  const path = JSON.stringify(newLockPath());
  besideHanging = Promise.all([
    startNode(script(`await nodeFileSystem.lock(${path}, "child", true)`), env),
    startNode(script(`nodeFileSystem.lock(${path}, "child")`), env),
  ]);
});

describe("the means by which the lock is taken", () => {
  test.skipIf(!fsExtDirectory)("is fs-ext where it can be loaded, and needs no program", () => {
    expect(take(packages.withFsExt, newLockPath(), paths.empty)).toBe("held fs-ext");
  });

  test.skipIf(!isBsd)("is the open flag where the platform has it [not run on Linux]", () => {
    expect(take(packages.plain, newLockPath(), paths.empty)).toBe("held O_EXLOCK");
  });

  test.skipIf(!hasFlock || isBsd)("is the program flock where fs-ext is missing", () => {
    expect(take(packages.plain, newLockPath(), paths.usual)).toBe("held flock");
  });

  test.skipIf(!hasFlock || isBsd)("is the program flock where fs-ext is installed but broken", () => {
    expect(take(packages.broken, newLockPath(), paths.usual)).toBe("held flock");
  });

  // Every command of a machine whose package manager runs no install scripts had three lines of it.
  test.skipIf(!hasFlock || isBsd)("is the program flock where fs-ext was never built, without a word", () => {
    const script = takingScript(packages.unbuilt, newLockPath());
    const { stdout, stderr } = spawnSync(process.execPath, ["--input-type=module", "-e", script], {
      encoding: "utf8",
    });
    expect([stdout.trim(), stderr]).toEqual(["held flock", ""]);
  });

  // `node -e CODE /somebody/elses/file`: the argument was taken for the program's place, and code beside it loaded.
  test.skipIf(!hasFlock || isBsd)("is not fs-ext from beside an argument of a program given as text", () => {
    const elsewhere = join(directory, "elsewhere");
    mkdirSync(join(elsewhere, "node_modules/fs-ext"), { recursive: true });
    writeFileSync(join(elsewhere, "node_modules/fs-ext/index.js"), "exports.flockSync = () => {}");
    writeFileSync(join(elsewhere, "upload"), "");
    const script = takingScript(packages.plain, newLockPath());
    const args = ["--input-type=module", "-e", script, "--", join(elsewhere, "upload")];
    const { stdout } = spawnSync(process.execPath, args, { encoding: "utf8" });
    expect(stdout.trim()).toBe("held flock");
  });

  test.skipIf(isBsd)("is named, as what to install, where there is none", () => {
    const told = take(packages.plain, newLockPath(), paths.empty);
    expect(told).toMatch(/^ERR_DATAWAL_NO_LOCK_MEANS .*npm install fs-ext.*util-linux$/);
  });

  test.skipIf(isBsd)("is not taken silently for missing where it is installed and broken", () => {
    const { stdout, stderr } = spawnSync(
      process.execPath,
      ["--input-type=module", "-e", takingScript(packages.broken, newLockPath())],
      { encoding: "utf8", env: { ...process.env, PATH: paths.empty } },
    );
    expect(stdout).toMatch(/^ERR_DATAWAL_NO_LOCK_MEANS .*fs-ext cannot be loaded.*another Node.*npm rebuild/);
    expect(stderr).toMatch(/\[DATAWAL_OPTIONAL_PACKAGE\] Warning: .*fs-ext is installed.*another Node/);
  });

  test.skipIf(isBsd)("is said to be what a worker cannot use, where it is all there is", () => {
    const script = `
      import { Worker } from "node:worker_threads";
      const inner = ${JSON.stringify(takingScript(packages.withFsExt, newLockPath()))};
      const worker = new Worker(new URL("data:text/javascript," + encodeURIComponent(inner)), { stdout: true });
      for await (const chunk of worker.stdout) process.stdout.write(chunk);`;
    expect(runNode(script, { ...process.env, PATH: paths.empty })).toMatch(
      /^ERR_DATAWAL_NO_LOCK_MEANS .*fs-ext serves the main thread only.*open it on the main thread/,
    );
  });

  test.skipIf(!fsExtDirectory || !hasFlock || isBsd)(
    "is not fs-ext in a worker, where it would kill a process that has loaded it on its main thread",
    () => {
      const [first, second] = [newLockPath(), newLockPath()];
      const script = `${takingScript(packages.withFsExt, first)}
        import { Worker } from "node:worker_threads";
        const inner = ${JSON.stringify(`${takingScript(packages.withFsExt, second)}`)};
        const worker = new Worker(new URL("data:text/javascript," + encodeURIComponent(inner)), { stdout: true });
        for await (const chunk of worker.stdout) process.stdout.write(", " + chunk);`;
      expect(runNode(script)).toBe("held fs-ext, held flock");
    },
  );
});

describe.skipIf(process.platform === "win32" || isBsd)("a program flock", () => {
  function takeWith(program: string, mode = 0o755): string {
    return take(packages.plain, newLockPath(), pathOf(program, mode));
  }

  test("is called with a descriptor of ours, to lock it exclusively without waiting", () => {
    const args = join(directory, "arguments");
    expect(takeWith(`echo "called with $*" > ${args}; test -e /dev/fd/3`)).toBe("held flock");
    expect(readFileSync(args, "utf8")).toBe("called with -n -x -E 200 3\n");
  });

  test("that ends with 1 and says nothing has found the lock held", () => {
    expect(takeWith("exit 1")).toBe("refused");
  });

  test("that ends with 1 and a complaint, as busybox's does on any failure, is an error and not a held lock", () => {
    expect(takeWith("echo 'flock: bad file descriptor' >&2; exit 1")).toMatch(
      /^ERR_DATAWAL_LOCK_FAILED .*ended with 1: flock: bad file descriptor/,
    );
  });

  // What the loader of libraries says of an LD_PRELOAD that it cannot load turned "held" into ERR_DATAWAL_LOCK_FAILED.
  const NOISE = "echo 'ERROR: ld.so: object from LD_PRELOAD cannot be preloaded: ignored.' >&2";
  const real = spawnSync("sh", ["-c", "command -v flock"], { encoding: "utf8" }).stdout.trim();
  /** As busybox's: it knows no -E, and ends with 1 where the lock is held and where anything fails. */
  const BUSYBOX = `case "$*" in *-E*) echo usage >&2; exit 1;; esac; ${real} "$@" || exit 1`;

  // Seconds of programs: in a full run.
  test.skipIf(!hasFlock || !IS_FULL_RUN).each([
    ["util-linux's", `${NOISE}; exec ${real} "$@"`],
    ["busybox's", `${NOISE}; ${BUSYBOX}`],
    ["busybox's, in silence", BUSYBOX],
  ])("beside which there is noise is judged by its status: %s", (_, program) => {
    const path = newLockPath();
    const PATH = pathOf(program);
    expect(take(packages.plain, path, PATH)).toBe("held flock");
    const lock = lockHere(path);
    expect(take(packages.plain, path, PATH)).toBe(`refused process ${process.pid}`);
    lock.release();
  });

  test("that ends with anything else, or by a signal, is an error and not a held lock", () => {
    expect(takeWith("echo 'flock: 3: No locks available' >&2; exit 71")).toMatch(
      /^ERR_DATAWAL_LOCK_FAILED .*ended with 71: flock: 3: No locks available/,
    );
    expect(takeWith("kill -9 $$")).toMatch(/^ERR_DATAWAL_LOCK_FAILED .*ended with SIGKILL/);
  });

  test("that cannot be run is an error", () => {
    expect(takeWith("exit 0", 0o644)).toMatch(/^ERR_DATAWAL_LOCK_FAILED .*EACCES/);
  });
});

const rungs = [
  {
    means: "fs-ext",
    url: () => packages.withFsExt,
    PATH: () => paths.empty,
    isHere: Boolean(fsExtDirectory),
  },
  { means: "flock", url: () => packages.plain, PATH: () => paths.usual, isHere: hasFlock && !isBsd },
].filter(({ isHere }) => isHere);

test("at least one rung of the chain is tested here", () => {
  expect(rungs.length + (isBsd ? 1 : 0)).toBeGreaterThan(0);
});

describe.each(rungs)("a lock held by $means", ({ means, url, PATH }) => {
  const start = (path: string) => startNode(takingScript(url(), path), { ...process.env, PATH: PATH() });

  test("keeps out this process and any other program, until its holder is killed", async () => {
    const path = newLockPath();
    const holder = await start(path);
    expect(holder.line).toBe(`held ${means}`);
    expect(nodeFileSystem.lock(path, "here")).toEqual({ state: "refused", owner: "child" });
    if (hasFlock) expect(isFreeForOthers(path)).toBe(false);
    await holder.end("SIGKILL");
    if (hasFlock) expect(isFreeForOthers(path)).toBe(true);
    lockHere(path).release();
  });

  test("is refused while this process or another program holds it", async () => {
    const path = newLockPath();
    const lock = lockHere(path);
    expect(take(url(), path, PATH())).toBe(`refused process ${process.pid}`);
    lock.release();
    expect(take(url(), path, PATH())).toBe(`held ${means}`);
    if (!hasFlock) return;
    const foreign = await startHolder("flock", [path, "sh", "-c", "echo held; read -r line"]);
    expect(take(url(), path, PATH())).toBe("refused child");
    foreign.process.stdin?.end();
    await foreign.end("SIGTERM");
  });

  // In two containers both are process 1: each was told that it held the lock itself.
  test("is not this process's because it names its id", async () => {
    const path = newLockPath();
    const script = takingScript(url(), path).replace('"child"', `"${process.pid}"`);
    const holder = await startNode(script, { ...process.env, PATH: PATH() });
    expect(nodeFileSystem.lock(path, "here")).toEqual({ state: "refused", owner: String(process.pid) });
    await holder.end("SIGKILL");
  });

  test.skipIf(process.platform !== "linux")("is its owner's where that is proven", async () => {
    const path = newLockPath();
    const script = takingScript(url(), path).replace('"child"', "String(process.pid)");
    const holder = await startNode(script, { ...process.env, PATH: PATH() });
    const refused = nodeFileSystem.lock(path, "here");
    expect(refused).toMatchObject({
      state: "refused",
      holder: "owner",
      owner: expect.stringMatching(/^\d+$/),
    });
    await holder.end("SIGKILL");
  });

  test("is known for this process's by another copy of the package, and that it is being released", async () => {
    const path = newLockPath();
    const { nodeFileSystem: copy } = (await import(/* @vite-ignore */ url())) as {
      nodeFileSystem: typeof nodeFileSystem;
    };
    const lock = lockHere(path);
    expect(copy.lock(path, "copy")).toMatchObject({ state: "refused", holder: "this process" });
    const released = Promise.resolve();
    lock.announceRelease?.(released);
    expect(copy.lock(path, "copy")).toMatchObject({ releasing: released });
    lock.release();
    const answer = copy.lock(path, "copy");
    if (answer.state === "refused") throw new Error("expected a free lock");
    answer.release();
  });

  test("leaves its note to the next holder also when it is killed", async () => {
    const path = newLockPath();
    const script = takingScript(url(), path, 'lock.writeNote("synced 1 2 3");');
    const holder = await startNode(script, { ...process.env, PATH: PATH() });
    await holder.end("SIGKILL");
    expect(readFileSync(path, "utf8")).toBe("child\nsynced 1 2 3\n");
    expect(take(url(), path, PATH())).toBe(`held ${means} synced 1 2 3`);
  });

  test("is not taken for a moment by those who ask for its state", async () => {
    const path = newLockPath();
    const asking = `import { nodeFileSystem } from ${JSON.stringify(url())};
      process.stdout.write("asking");
      setInterval(() => { for (let n = 0; n < 50; n += 1) nodeFileSystem.lockState(${JSON.stringify(path)}) }, 0)`;
    lockHere(path).release();
    const holder = await startNode(asking, { ...process.env, PATH: PATH() });
    for (let count = 0; count < 100; count += 1) lockHere(path).release();
    await holder.end("SIGKILL");
  });
});

test.skipIf(!hasFlock || isBsd)(
  "a holder that cannot write its name down holds the lock all the same",
  () => {
    const path = newLockPath();
    writeFileSync(path, "old owner\nnote\n");
    const script = takingScript(packages.plain, path);
    const limited = spawnSync(
      "/bin/sh",
      ["-c", 'ulimit -f 0; exec "$0" --input-type=module -e "$1"', process.execPath, script],
      { encoding: "utf8" },
    );
    expect(limited.stdout).toBe("held flock note");
    expect(readFileSync(path, "utf8")).toBe("old owner\nnote\n");
  },
);

test.runIf(canHang)(
  "a program flock that hangs is given up, and keeps the event loop of an asynchronous caller turning",
  async () => {
    const [beside, here] = await besideHanging!;
    expect(beside?.line).toMatch(/^ERR_DATAWAL_LOCK_FAILED true .*SIGKILL .it is killed after 5 s/);
    expect(here?.line).toMatch(/^ERR_DATAWAL_LOCK_FAILED false .*SIGKILL/);
  },
);
