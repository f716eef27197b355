import { expect, test } from "vitest";
// @ts-expect-error: a script, without types.
import { crcModule } from "../../../../scripts/write-crc-code.mjs";
import { CODE } from "../../src/crc/crc-code.js";

test("the code that ships is the one that its script makes", () => {
  expect(Buffer.from(CODE, "base64")).toEqual(Buffer.from(crcModule()));
});
