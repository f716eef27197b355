import { expect, test } from "vitest";
import { readFully } from "../src/internal.js";
import { withFaults } from "../src/testing/index.js";
import { diskWith } from "./kit/simulated-tree.js";

/** Reads through a port that gives at most this many bytes a call. */
function read(countMax: number, byteCount: number, fileOffset: number): string {
  const fileSystem = withFaults(diskWith({ "/d/file": "abcdef" }), ({ operation, byteCount = 0 }) =>
    operation === "file.readAt" ? { count: Math.min(countMax, byteCount) } : undefined,
  );
  const target = new TextEncoder().encode("..........");
  const count = readFully(fileSystem.open("/d/file", "read"), target, 1, byteCount, fileOffset);
  return `${count}: ${new TextDecoder().decode(target)}`;
}

test("short reads are continued until all is there", () => {
  for (const countMax of [1, 2, 5, 9]) expect(read(countMax, 4, 1)).toBe("4: .bcde.....");
});

test("fewer bytes are returned where the file ends, none behind it", () => {
  expect(read(2, 9, 3)).toBe("3: .def......");
  expect(read(2, 9, 6)).toBe("0: ..........");
});
