import { constants } from "node:fs";
import { expect, test } from "vitest";
import { lockByOpenFlag } from "../../src/node/open-flag-lock.js";
import { systemError } from "../../src/system-error.js";

// macOS and the BSDs are not run: this is what their manual says of open(2) with O_EXLOCK.

const refusing = (code: string) => () => {
  throw systemError(code, "open");
};

test("the lock is taken by the open itself, which makes the file and does not cut it", () => {
  const asked: number[] = [];
  const taken = lockByOpenFlag("/lock", (_, flags) => asked.push(flags));
  expect(taken).toEqual({ descriptor: 1, means: "O_EXLOCK" });
  expect(asked).toEqual([constants.O_RDWR | constants.O_CREAT | 0x20]);
});

test("EAGAIN means that somebody holds it", () => {
  expect(lockByOpenFlag(import.meta.filename, refusing("EAGAIN"))).toEqual({
    inode: expect.stringMatching(/^\d+:\d+$/),
  });
});

test.each(["ENOTSUP", "EOPNOTSUPP"])("a volume without such locks (%s) has no lock that is free", (code) => {
  const failed = { code: "ERR_DATAWAL_LOCK_FAILED", path: "/lock", means: "O_EXLOCK" };
  expect(() => lockByOpenFlag("/lock", refusing(code))).toThrow(expect.objectContaining(failed));
});

test("any other failure is told as it is", () => {
  expect(() => lockByOpenFlag("/lock", refusing("EACCES"))).toThrow("EACCES: open");
});
