import { spawnSync } from "node:child_process";
import {
  chmodSync,
  chownSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { nodeFileSystem, writeAppendFsyncSync, writeAtomicSync, writeOnceSync } from "../../src/index.js";
import { compilePackage } from "../kit/compiled-package.js";

const isRoot = process.getuid?.() === 0;
const NOBODY = 65_534;

let directory: string;
beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), "file-attributes-"));
  chmodSync(directory, 0o755);
});
afterAll(() => rmSync(directory, { recursive: true }));

let fileCount = 0;
function newPath(): string {
  fileCount += 1;
  return join(directory, `file-${fileCount}`);
}

function newFile({ mode = 0o644, uid = -1, gid = -1 }): string {
  const path = newPath();
  writeFileSync(path, "old");
  chownSync(path, uid, gid);
  chmodSync(path, mode);
  return path;
}

const attributes = (path: string) => {
  const { mode, uid, gid } = statSync(path);
  return { mode: (mode & 0o7777).toString(8), uid, gid };
};

/** Runs as a user who owns nothing here. */
function asNobody<T>(work: () => T): T {
  process.setegid?.(NOBODY);
  process.seteuid?.(NOBODY);
  try {
    return work();
  } finally {
    process.seteuid?.(0);
    process.setegid?.(0);
  }
}

function thrownBy(work: () => unknown): unknown {
  try {
    return work();
  } catch (error) {
    return error;
  }
}

// The owner was given at once and the bits before it: a chown, and each write of another than root, takes setuid and
// setgid away; and where only the owner could not be given, the group was not given either.
describe("a file that is replaced keeps", () => {
  test.each([0o4755, 0o2755, 0o6711, 0o2664, 0o1644, 0o444, 0o600])("its mode %o", (mode) => {
    const path = newFile({ mode });
    writeAtomicSync(path, "new");
    expect(attributes(path).mode).toBe(mode.toString(8));
    expect(readFileSync(path, "utf8")).toBe("new");
  });

  test.skipIf(!isRoot)("owner, group and setuid where root writes", () => {
    const path = newFile({ mode: 0o6755, uid: NOBODY, gid: 4_711 });
    writeAtomicSync(path, "new");
    expect(attributes(path)).toEqual({ mode: "6755", uid: NOBODY, gid: 4_711 });
  });

  test.skipIf(!isRoot)("setuid and setgid only where the owner and the group could be given", () => {
    const folder = newPath();
    mkdirSync(folder, { mode: 0o777 });
    chmodSync(folder, 0o777);
    const path = join(folder, "file");
    writeFileSync(path, "old");
    chmodSync(path, 0o6755);
    asNobody(() => writeAtomicSync(path, "new"));
    expect(attributes(path)).toEqual({ mode: "755", uid: NOBODY, gid: NOBODY });
  });

  const canMapUsers = isRoot && spawnSync("unshare", ["--user", "--map-root-user", "true"]).status === 0;
  test.skipIf(!canMapUsers)("what it can where the owner has no id here, and chown says EINVAL", () => {
    const { url } = compilePackage(directory);
    const path = newFile({ mode: 0o4640, uid: 4_711 });
    const script = `const { writeAtomicSync } = await import("${url}"); writeAtomicSync("${path}", "new")`;
    const { stderr } = spawnSync(
      "unshare",
      ["--user", "--map-root-user", process.execPath, "--input-type=module", "-e", script],
      { encoding: "utf8" },
    );
    expect(stderr).toBe("");
    expect(attributes(path)).toEqual({ mode: "640", uid: 0, gid: 0 });
    expect(readFileSync(path, "utf8")).toBe("new");
  });
});

test.each([0o4755, 0o2755, 0o1644, 0o444])("a file made with the mode %o has it after the write", (mode) => {
  for (const write of [writeAtomicSync, writeOnceSync]) {
    const path = newPath();
    write(path, "new", { mode });
    expect(attributes(path).mode).toBe(mode.toString(8));
  }
});

describe.skipIf(!isRoot)("what cannot be done is told before anything is changed:", () => {
  test("an append to a file whose mode lets nobody write", () => {
    const path = newFile({ mode: 0o444 });
    expect(thrownBy(() => asNobody(() => writeAppendFsyncSync(path, "more")))).toMatchObject({
      code: "ERR_DATAWAL_FILE_IO",
      errno: "EACCES",
      message: expect.stringMatching(/the file's mode is 0444, nobody may write it: chmod u\+w/),
    });
  });

  test.each([
    ["writeAtomic", writeAtomicSync],
    ["writeOnce", writeOnceSync],
    ["writeAppendFsync", writeAppendFsyncSync],
  ])(
    "%s in a directory that may be written and not read, so that no name in it can be synced",
    (_, write) => {
      const folder = newPath();
      mkdirSync(folder);
      chmodSync(folder, 0o733);
      const path = join(folder, "file");
      expect(thrownBy(() => asNobody(() => write(path, "new")))).toMatchObject({
        code: "ERR_DATAWAL_FILE_IO",
        errno: "EACCES",
        message: expect.stringMatching(/its directory, which must be readable, too/),
      });
      expect(nodeFileSystem.list(folder)).toEqual([]);
    },
  );
});

/** In a mount namespace of its own. */
function inMounts(script: string): string {
  const { stdout, stderr, status } = spawnSync("unshare", ["--mount", "sh", "-c", script], {
    encoding: "utf8",
  });
  if (status !== 0) throw new Error(stderr);
  return stdout;
}

const canMount =
  isRoot && spawnSync("unshare", ["--mount", "mount", "-t", "tmpfs", "none", "/mnt"]).status === 0;

test.skipIf(!canMount)("a file that is mounted by itself is told, and keeps its content", () => {
  const { url } = compilePackage(directory);
  const [path, other] = [newFile({}), newFile({})];
  const script = `const { writeAtomicSync } = await import("${url}");
    try { writeAtomicSync("${path}", "new") } catch (error) { console.log(error.code, error.errno, error.message) }`;
  const told = inMounts(
    `mount --bind ${other} ${path} && ${process.execPath} --input-type=module -e '${script}'; cat ${path}`,
  );
  expect(told).toMatch(/^ERR_DATAWAL_FILE_IO EBUSY .*mounted on the file itself.*\nold$/);
});

test.skipIf(!canMount)("a directory of an overlay's lower layer is told not to be renamed", () => {
  const { url } = compilePackage(directory);
  const script = `const { renameAtomicSync } = await import("${url}");
    try { renameAtomicSync("/mnt/merged/folder", "/mnt/merged/other") }
    catch (error) { console.log(error.code, error.errno, error.message) }`;
  const told = inMounts(
    `mount -t tmpfs none /mnt && cd /mnt && mkdir -p lower/folder upper work merged &&
     mount -t overlay overlay -o lowerdir=lower,upperdir=upper,workdir=work,redirect_dir=off merged &&
     ${process.execPath} --input-type=module -e '${script}'; ls merged`,
  );
  expect(told).toMatch(/^ERR_DATAWAL_FILE_IO EXDEV .*overlay's lower layer.*\nfolder$/m);
});
