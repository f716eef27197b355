import {
  closeSync,
  constants,
  fstatSync,
  linkSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { requireUsableName } from "../../../src/node/windows/reserved-names.js";
import { whileHeld } from "../../../src/node/windows/while-held.js";
import { windows } from "../../../src/node/windows/windows.js";
import { systemError } from "../../../src/system-error.js";

// What is done on Windows, on any system: what it stands on is Node's own calls. On Windows itself the contract's suite
// runs over it.

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "windows-"));
});
afterEach(() => rmSync(directory, { recursive: true }));

const at = (name: string) => join(directory, name);

function makeFile(name: string, text = name): string {
  writeFileSync(at(name), text);
  return at(name);
}

describe("a file that somebody holds", () => {
  const refusing = (times: number, code: string) => {
    let calls = 0;
    return () => {
      if (calls++ < times) throw systemError(code, "held");
      return calls;
    };
  };

  test.each(["EPERM", "EACCES", "EBUSY"])("is asked for again while the system says %s", (code) => {
    expect(whileHeld(refusing(2, code))).toBe(3);
  });

  test("is given up after the last wait, with what was said then", () => {
    expect(() => whileHeld(refusing(9, "EBUSY"), [1, 1])).toThrow("EBUSY: held");
  });

  test("is no reason to ask again where something else is wrong", () => {
    expect(() => whileHeld(refusing(1, "ENOSPC"))).toThrow("ENOSPC: held");
  });
});

describe("a name", () => {
  test.each([
    "C:\\store",
    "C:\\",
    "\\\\server\\share\\store.dwal",
    "D:\\a\\console\\nulls\\com10",
    "C:\\.lock",
    "\\\\?\\C:\\store",
  ])("that files have is left alone: %s", (path) => {
    expect(requireUsableName(path)).toBe(undefined);
  });

  test.each([
    ["C:\\NUL", "NUL"],
    ["C:\\logs\\con.txt\\store", "con.txt"],
    ["C:\\com1", "com1"],
    ["C:\\aux .old", "aux .old"],
    ["C:\\store:stream", "store:stream"],
    ["C:\\what?", "what?"],
    ["C:\\ends.", "ends."],
    ["\\\\server\\share\\ends \\store", "ends "],
    ["\\\\.\\NUL", "\\\\.\\NUL"],
  ])("of a device, or that others could not open, is refused: %s", (path, reserved) => {
    const refusal = { code: "ERR_DATAWAL_RESERVED_NAME", path, reserved };
    expect(() => requireUsableName(path)).toThrow(expect.objectContaining(refusal));
  });
});

describe("without O_NOFOLLOW", () => {
  test("a link is not opened, and a file is not made through one", () => {
    symlinkSync(at("missing"), at("link"));
    for (const flags of [constants.O_RDONLY, constants.O_RDWR | constants.O_CREAT])
      expect(() => windows.openFile(at("link"), flags, 0o666)).toThrow("ELOOP");
    expect(readdirSync(directory)).toEqual(["link"]);
  });

  test("a link to a directory is neither opened as one nor removed as one", () => {
    mkdirSync(at("directory"));
    symlinkSync(at("directory"), at("link"));
    expect(() => windows.openDirectory(at("link"), "look")).toThrow("ENOTDIR");
    expect(() => windows.removeDirectory(at("link"))).toThrow("ENOTDIR");
    expect(lstatSync(at("link")).isSymbolicLink()).toBe(true);
  });
});

describe("the handle that a file is cut and synced by", () => {
  test("is another one of the same file", () => {
    const descriptor = openSync(makeFile("file"), "a");
    const twin = windows.writable(descriptor, at("file"));
    expect(twin).not.toBe(descriptor);
    expect(fstatSync(twin).ino).toBe(fstatSync(descriptor).ino);
    closeSync(twin);
    closeSync(descriptor);
  });

  test("is refused where another file has got the name: it must not be cut", () => {
    const descriptor = openSync(makeFile("file"), "a");
    windows.rename(makeFile("other"), at("file"));
    expect(() => windows.writable(descriptor, at("file"))).toThrow("ENOENT");
    expect(readFileSync(at("file"), "utf8")).toBe("other");
    closeSync(descriptor);
  });
});

describe("rename", () => {
  test("replaces an empty directory, and no other", () => {
    for (const name of ["from", "empty", "full"]) mkdirSync(at(name));
    makeFile("full/inner");
    expect(() => windows.rename(at("from"), at("full"))).toThrow("ENOTEMPTY");
    windows.rename(at("from"), at("empty"));
    expect(readdirSync(directory).sort()).toEqual(["empty", "full"]);
  });

  test("gives no file a directory's name, nor a directory a file's", () => {
    mkdirSync(at("directory"));
    makeFile("file");
    expect(() => windows.rename(at("file"), at("directory"))).toThrow("EISDIR");
    expect(() => windows.rename(at("directory"), at("file"))).toThrow("ENOTDIR");
    expect(readdirSync(directory).sort()).toEqual(["directory", "file"]);
  });

  // Where case does not count, the same directory stands at both: removed as an empty one, it would be gone.
  test("leaves a directory that has both names alone", () => {
    mkdirSync(at("directory"));
    windows.rename(at("directory"), at("directory"));
    linkSync(makeFile("file"), at("second"));
    expect(readdirSync(directory).sort()).toEqual(["directory", "file", "second"]);
  });
});

test("removeFile removes no directory", () => {
  mkdirSync(at("directory"));
  expect(() => windows.removeFile(at("directory"))).toThrow("EISDIR");
  windows.removeFile(makeFile("file"));
  expect(readdirSync(directory)).toEqual(["directory"]);
});
