import { decodeNext, resync } from "@datawal/format";
import { type ResyncUnderTest, resyncFindsOnlyFrames } from "@datawal/fuzz";
import fc from "fast-check";
import { describe, expect, test } from "vitest";

test("@datawal/format keeps the law of a search", () => {
  fc.assert(resyncFindsOnlyFrames({ resync }), { numRuns: 1_000 });
});

describe("the law is broken by a search that (canary)", () => {
  const broken: [string, ResyncUnderTest["resync"]][] = [
    ["does not ask for a higher txid", (bytes, from, { budget }) => resync(bytes, from, { budget })],
    ["begins a byte too late", (bytes, from, options) => resync(bytes, from + 1, options)],
    [
      "believes a magic",
      (bytes, from, options) => {
        const offset = Buffer.from(bytes).indexOf("DWAL", from);
        const isFrame = offset !== -1 && decodeNext(bytes, offset).kind === "record";
        return isFrame || offset === -1
          ? resync(bytes, from, options)
          : { kind: "found", offset, end: bytes.length, txid: 0n };
      },
    ],
  ];

  test.each(broken)("%s", (_, search) => {
    expect(
      fc.check(resyncFindsOnlyFrames({ resync: search }), { numRuns: 50_000, endOnFailure: true }).failed,
    ).toBe(true);
  });
});
