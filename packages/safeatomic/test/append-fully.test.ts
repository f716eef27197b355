import { expect, test } from "vitest";
import type { OpenFile } from "../src/index.js";
import { appendFully, appendPartsFully } from "../src/internal.js";
import { type Fault, withFaults } from "../src/testing/index.js";
import { diskWith, textOf } from "./kit/simulated-tree.js";

const bytes = (text: string) => new TextEncoder().encode(text);

/** Runs with the faults of the first, second, ... write; returns what the file then holds. */
function append(write: (file: OpenFile) => void, ...faults: Fault[]): string {
  const disk = diskWith({ "/d/file": "" });
  const fileSystem = withFaults(disk, ({ operation }) =>
    operation.startsWith("file.append") ? faults.shift() : undefined,
  );
  write(fileSystem.open("/d/file", "append"));
  return textOf(disk, "/d/file");
}

test("appendFully appends the given range", () => {
  expect(append((file) => appendFully(file, bytes("abcdef"), 1, 3))).toBe("bcd");
  expect(append((file) => appendFully(file, bytes("abcdef"), 4))).toBe("ef");
  expect(append((file) => appendFully(file, bytes("")))).toBe("");
});

test("a short write is continued once, wherever it stopped", () => {
  const parts = [bytes("ab"), bytes(""), bytes("cde"), bytes("f")];
  for (let count = 0; count <= 6; count += 1) {
    expect(append((file) => appendFully(file, bytes("abcdef")), { count })).toBe("abcdef");
    expect(append((file) => appendPartsFully(file, parts), { count })).toBe("abcdef");
  }
});

test("the error that a short write foretold is the one thrown", () => {
  const call = () => append((file) => appendFully(file, bytes("abcdef")), { count: 2 }, { errno: "ENOSPC" });
  expect(call).toThrow(expect.objectContaining({ code: "ENOSPC" }));
});

test("two short writes are an error that says how far they came", () => {
  const facts = { code: "ERR_DATAWAL_SHORT_WRITE", expected: 6, actual: 5 };
  const short = [{ count: 2 }, { count: 3 }] as const;
  expect(() => append((file) => appendFully(file, bytes("abcdef")), ...short)).toThrow(
    expect.objectContaining(facts),
  );
  const parts = [bytes("abc"), bytes("def")];
  expect(() => append((file) => appendPartsFully(file, parts), ...short)).toThrow(
    expect.objectContaining(facts),
  );
});
