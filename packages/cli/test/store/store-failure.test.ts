import { RecordLogError } from "@datawal/record-log";
import { expect, test } from "vitest";
import { Failure } from "../../src/failure.js";
import { storeFailure } from "../../src/store/store-failure.js";

function told(error: unknown): Failure {
  const failure = storeFailure(error, "my store");
  if (!(failure instanceof Failure)) throw new Error(`not told as a failure: ${String(failure)}`);
  return failure;
}

test("damage is corruption, told with its place and the command that shows more", () => {
  const facts = { path: "/s/00000002.dwal", segment: 2, offset: 40, reason: "bad-magic" as const };
  for (const code of ["ERR_DATAWAL_SEGMENT_DAMAGED", "ERR_DATAWAL_NOT_A_SEGMENT"] as const) {
    const { message, exitCode } = told(new RecordLogError(code, "for programs", facts));
    expect(exitCode).toBe(3);
    expect(message).toBe(
      "/s/00000002.dwal: expected a frame at offset 40, found bytes that are no frame (bad magic); to see all that is wrong: datawal verify 'my store'; to save what can be read: datawal repair 'my store' --to NEW",
    );
  }
});

test.each([
  ["EACCES", "check its owner and permissions: ls -ld"],
  ["ENOSPC", "free some space: df -h"],
  ["EMFILE", "run it again with --verbose to see the call that failed"],
])("a call that fails with %s is told with its path and what to do", (errno, advice) => {
  const facts = { path: "/s/x", operation: "open", errno };
  const { message, exitCode } = told(new RecordLogError("ERR_DATAWAL_STORE_IO", "for programs", facts));
  expect(exitCode).toBe(1);
  expect(message).toBe(`/s/x: expected to read or write it, the file system said ${errno}; ${advice}`);
});

// "The file system refused: close this handle, see the cause", and no cause was shown.
test.each(["APPEND", "FSYNC", "ROTATE", "DROP"] as const)(
  "a change that failed (%s) is told with what the file system said, however deep, and what to do",
  (what) => {
    const cause = new Error("wrapped", { cause: Object.assign(new Error("refused"), { code: "EACCES" }) });
    const facts = { path: "/s/00000002.dwal", segment: 2 };
    const { message, exitCode } = told(
      new RecordLogError(`ERR_DATAWAL_${what}_FAILED`, "for programs", facts, cause),
    );
    expect(exitCode).toBe(1);
    expect(message).toBe(
      "/s/00000002.dwal: expected to change it, the file system said EACCES; what was durable before is kept; check its owner and permissions: ls -ld",
    );
  },
);

test("what it does not know it passes on as it is", () => {
  const error = new Error("unknown");
  expect(storeFailure(error, "store")).toBe(error);
});
