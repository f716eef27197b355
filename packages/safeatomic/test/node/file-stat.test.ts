import type { BigIntStats } from "node:fs";
import { lstatSync } from "node:fs";
import { tmpdir } from "node:os";
import { expect, test } from "vitest";
import { isSameFile } from "../../src/internal.js";
import { fileStat } from "../../src/node/open-descriptor.js";

/** What a file of a device of its own shows. */
const shown = (dev: bigint, birthtimeNs: bigint, ctimeNs: bigint) =>
  ({ ...lstatSync(tmpdir(), { bigint: true }), dev, ino: 7n, birthtimeNs, ctimeNs }) as BigIntStats;

const statsOf = (stats: BigIntStats) =>
  Object.assign(Object.create(Object.getPrototypeOf(lstatSync(tmpdir(), { bigint: true }))), stats);

const look = (dev: bigint, birthtimeNs: bigint, ctimeNs: bigint, path?: string) =>
  fileStat(statsOf(shown(dev, birthtimeNs, ctimeNs)), path);

test("where every file shows its change time as its birth time, a changed file stays the same", () => {
  expect(look(901n, 10n, 10n, "/never/there").identity).toBe("901:7");
  expect(look(901n, 20n, 20n, "/never/there").identity).toBe("901:7");
});

test("one file whose times differ proves the birth times of its device, and no earlier identity is lost by it", () => {
  const early = look(902n, 10n, 10n);
  expect(look(902n, 10n, 11n).identity).toBe("902:7:10");
  const unchanged = look(902n, 12n, 12n);
  expect(unchanged.identity).toBe("902:7:12");
  expect(isSameFile(early, look(902n, 10n, 13n))).toBe(true);
  expect(isSameFile(unchanged, look(902n, 10n, 13n))).toBe(false);
});

test("a device that shows 0 has identities that stay", () => {
  expect(look(903n, 0n, 10n).identity).toBe("903:7:0");
  expect(look(903n, 0n, 11n).identity).toBe("903:7:0");
});

test("a file that nobody has changed yet is known by a directory above it", () => {
  const { dev } = lstatSync("/", { bigint: true });
  expect(look(dev, 10n, 10n, "/file").identity).toBe(`${dev}:7:10`);
});
