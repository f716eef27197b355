import { expect, test } from "vitest";
import { judgeEnding } from "../../../src/layers/failing-system-calls/judge-ending.js";
import { type Statement, sumUp } from "../../../src/layers/kill/traced-child/testimony.js";

const FAILED_SYNC = { call: "fsync", errno: "EIO" };
const FINE = { signal: undefined, status: 0, errorText: "" };
const LEFT_NOTHING: Statement = { kind: "left", openFileCount: 0, heldLockCount: 0 };
const TOLD: Statement = { kind: "failed", code: "ERR_DATAWAL_FSYNC_FAILED", message: "", cause: "EIO" };
const ENDED: Statement = { kind: "ended" };

function judge(
  said: readonly Statement[],
  ending = FINE,
  after: readonly string[] = [],
  failed = FAILED_SYNC,
) {
  judgeEnding(ending, sumUp(said, 0), failed, { before: ["old.new"], after });
}

test("a typed error, nothing left behind, and a quiet end pass", () => {
  judge([TOLD, LEFT_NOTHING, ENDED], FINE, ["old.new"]);
});

test("a crash is noticed, also one without a word", () => {
  expect(() => judge([TOLD], { ...FINE, status: 1, errorText: "Error: EIO" })).toThrow("no crash");
  expect(() => judge([])).toThrow("no crash");
});

test("an error without a code of ours is noticed", () => {
  const untyped: Statement = { kind: "failed", code: "EIO", message: "i/o error", cause: "" };
  expect(() => judge([untyped, LEFT_NOTHING, ENDED])).toThrow("typed errors only");
});

test("a failed sync that nobody was told of is noticed; a warning tells, an interrupted sync is made again", () => {
  expect(() => judge([LEFT_NOTHING, ENDED])).toThrow("a failure is told");
  judge([{ kind: "opened", warnings: ["open-sync-failed"] }, LEFT_NOTHING, ENDED]);
  judge([LEFT_NOTHING, ENDED], FINE, [], { call: "fsync", errno: "EINTR" });
});

test("a poisoned handle that takes a write is noticed", () => {
  expect(() => judge([TOLD, { kind: "written-though-poisoned" }, LEFT_NOTHING, ENDED])).toThrow("poisoned");
});

test("what is open, held or left behind breaks 8 no leak; what could not be removed may stay", () => {
  expect(() => judge([TOLD, { ...LEFT_NOTHING, openFileCount: 1 }, ENDED])).toThrow("8 no leak");
  expect(() => judge([TOLD, { ...LEFT_NOTHING, heldLockCount: 1 }, ENDED])).toThrow("8 no leak");
  expect(() => judge([TOLD, LEFT_NOTHING, ENDED], FINE, ["new.new"])).toThrow("8 no leak");
  judge([TOLD, LEFT_NOTHING, ENDED], FINE, ["new.new"], { call: "unlink", errno: "EIO" });
});
