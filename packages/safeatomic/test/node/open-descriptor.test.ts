import { spawnSync } from "node:child_process";
import { mkdtempSync, readdirSync, readlinkSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { nodeFileSystem } from "../../src/index.js";

/** Where a descriptor leads to; nowhere if it is closed by now. */
function targetOf(descriptor: string): string {
  try {
    return readlinkSync(join("/proc/self/fd", descriptor));
  } catch {
    return "";
  }
}

const notAFile = (path: string) =>
  expect.objectContaining({ code: "ERR_DATAWAL_NOT_A_FILE", path, actual: "other" });

test.skipIf(process.platform === "win32")(
  "a pipe, a socket and a device are refused, and nothing waits for them",
  async () => {
    const directory = mkdtempSync(join(tmpdir(), "open-"));
    const [pipe, socket] = [join(directory, "pipe"), join(directory, "socket")];
    expect(spawnSync("mkfifo", [pipe]).status).toBe(0);
    const server = createServer().listen(socket);
    await new Promise((listening) => server.once("listening", listening));
    for (const path of [pipe, socket, "/dev/null"]) {
      for (const mode of ["read", "append"] as const) {
        expect(() => nodeFileSystem.open(path, mode), `${path} ${mode}`).toThrow(notAFile(path));
      }
      expect(() => nodeFileSystem.lock(path, "owner")).toThrow(notAFile(path));
      expect(nodeFileSystem.stat(path)?.kind).toBe("other");
    }
    await new Promise((closed) => server.close(closed));
    rmSync(directory, { recursive: true });
  },
);

test.skipIf(process.platform !== "linux")(
  "what cannot be opened or locked leaves no descriptor behind",
  () => {
    const directory = mkdtempSync(join(tmpdir(), "open-"));
    // Of these only: the process's others are opened and closed meanwhile.
    const isOurs = (target: string) =>
      target.startsWith(directory) || target === "/dev/null" || target === "/";
    const openDescriptors = () => readdirSync("/proc/self/fd").map(targetOf).filter(isOurs).length;
    const lock = nodeFileSystem.lock(join(directory, "lock"), "owner");
    const before = openDescriptors();
    for (let count = 0; count < 20; count += 1) {
      expect(() => nodeFileSystem.open("/dev/null", "read")).toThrow();
      expect(() => nodeFileSystem.open("/", "append")).toThrow();
      expect(() => nodeFileSystem.lock("/dev/null", "owner")).toThrow();
      expect(nodeFileSystem.lock(join(directory, "lock"), "owner").state).toBe("refused");
      expect(() => nodeFileSystem.lock(join(directory, "other"), "two\nlines")).toThrow();
    }
    expect(openDescriptors()).toBe(before);
    if (lock.state === "held") lock.release();
    expect(openDescriptors()).toBe(before - 1);
    rmSync(directory, { recursive: true });
  },
);
