import { mkdtempSync, readFileSync, readlinkSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { nodeFileSystem } from "../../src/index.js";
import { stateFromTable } from "../../src/node/lock-state.js";

describe("in the text of /proc/locks", () => {
  const table = [
    "1: POSIX  ADVISORY  WRITE 810 fe:00:100 0 EOF",
    "2: FLOCK  ADVISORY  WRITE 5467 fe:00:9977974 0 EOF",
    "2: -> FLOCK  ADVISORY  WRITE 5468 fe:00:200 0 EOF",
    "3: FLOCK  ADVISORY  READ -1 103:1f:300 0 EOF",
    "",
  ].join("\n");

  const initial = "pid:[4026531836]";
  const find = (device: bigint, inode: bigint, namespace = initial) =>
    stateFromTable(table, namespace, device, inode);

  test("a file is found by device and inode, the device in hexadecimal", () => {
    expect(find(0xfe00n, 9977974n)).toBe("held");
    expect(find((0x103n << 8n) | 0x1fn, 300n)).toBe("held");
  });

  test("what is not there is free: other inodes, fcntl locks, those who wait", () => {
    expect(find(0xfe00n, 997797n)).toBe("free");
    expect(find(0xfe00n, 100n)).toBe("free");
    expect(find(0xfe00n, 200n)).toBe("free");
  });

  test("inside a container what is not there is unknown: the kernel hides other containers' locks", () => {
    expect(find(0xfe00n, 100n, "pid:[4026532201]")).toBe("unknown");
    expect(find(0xfe00n, 9977974n, "pid:[4026532201]")).toBe("held");
  });

  test("the same inode of another device may be this file or not", () => {
    expect(find(0x2an, 9977974n)).toBe("unknown");
  });

  test("device numbers beyond 8 bits are unpacked as glibc packs them", () => {
    const device =
      ((0x12345n << 32n) & 0xfffff00000000000n) |
      (0x345n << 8n) |
      ((0x6789an << 12n) & 0xffffff00000n) |
      0x9an;
    const line = "1: FLOCK  ADVISORY  WRITE 1 12345:6789a:7 0 EOF";
    expect(stateFromTable(line, initial, device, 7n)).toBe("held");
  });
});

describe.skipIf(process.platform !== "linux")("on Linux", () => {
  let directory: string;
  const at = (name: string) => join(directory, name);

  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), "lock-state-"));
  });

  afterEach(() => rmSync(directory, { recursive: true }));

  // Elsewhere, as in a container, the kernel shows only some of the locks.
  const seesAll = process.platform === "linux" && readlinkSync("/proc/self/ns/pid") === "pid:[4026531836]";

  test.skipIf(!seesAll)("a lock is held until it is released", () => {
    const lock = nodeFileSystem.lock(at("lock"), "owner");
    expect(nodeFileSystem.lockState(at("lock"))).toEqual({ state: "held", owner: "owner" });
    if (lock.state === "held") lock.release();
    expect(nodeFileSystem.lockState(at("lock"))).toEqual({ state: "free", owner: "owner" });
  });

  test("a lock file that the reference left is read", () => {
    writeFileSync(at("lock"), "4711\n");
    expect(nodeFileSystem.lockState(at("lock")).owner).toBe("4711");
    expect(readFileSync(at("lock"), "utf8")).toBe("4711\n");
  });

  test("a missing lock file is free, and not made; a link is not followed", () => {
    symlinkSync("lock", at("link"));
    expect(nodeFileSystem.lockState(at("lock"))).toEqual({ state: "free", owner: "" });
    expect(() => nodeFileSystem.lockState(at("link"))).toThrow("ELOOP");
    expect(nodeFileSystem.list(directory)).toEqual([{ name: "link", kind: "link" }]);
  });
});
