import { RecordLogError } from "@datawal/record-log";
import { describe, expect, test } from "vitest";
import { ReferenceRefusal } from "../../src/reference/reference-process.js";
import { attempt, refusalKey, refusalOf } from "../../src/sides/refusal.js";

describe("what the reference says, as a kind", () => {
  test.each([
    ["datawal: log directory is already locked: /s/.lock (Resource temporarily unavailable)", "locked"],
    ["datawal: writer poisoned: txid overflow; drop handle and reopen", "poisoned"],
    ["datawal: key_len 65537 exceeds MAX_KEY_LEN 65536", "key-too-large"],
    ["datawal: compact_to target /t is not empty; refusing to overwrite", "target-exists"],
    ["panicked: just ensured at least one segment", "panicked"],
    ["something that nobody has seen yet", "other"],
  ])("%s", (text, kind) => {
    expect(refusalOf(new ReferenceRefusal(text)).kind).toBe(kind);
  });

  test("damage is told with its place, also where its cause reads like another error", () => {
    const text =
      "datawal: structural decode error at offset 40 of segment 7 (/s/00000007.dwal): datawal: key_len 70000 exceeds MAX_KEY_LEN 65536";
    expect(refusalKey(refusalOf(new ReferenceRefusal(text)))).toBe(
      "damaged at segment 7 offset 40: key-too-large",
    );
  });
});

test("our errors become kinds by their codes", () => {
  const facts = { path: "/s/00000007.dwal", segment: 7, offset: 40, reason: "crc-mismatch" } as const;
  const error = new RecordLogError("ERR_DATAWAL_SEGMENT_DAMAGED", "...", facts);
  expect(refusalKey(refusalOf(error))).toBe("damaged at segment 7 offset 40: crc-mismatch");
});

test("an error that neither side says no with is a fault of the driver, and passes on", async () => {
  await expect(attempt(() => Promise.reject(new TypeError("x is undefined")))).rejects.toThrow(
    "x is undefined",
  );
  await expect(
    attempt(() => Promise.reject(new ReferenceRefusal("interop: no open store 3"))),
  ).rejects.toThrow("no open store");
});
