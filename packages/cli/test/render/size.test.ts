import { expect, test } from "vitest";
import { sizeText } from "../../src/render/size.js";

test.each([
  [0, "0 bytes"],
  [1023, "1023 bytes"],
  [1024, "1.0 KiB"],
  [1536, "1.5 KiB"],
  [5 * 2 ** 20, "5.0 MiB"],
  [3 * 2 ** 40, "3.0 TiB"],
  [2 ** 53 - 1, "8192.0 TiB"],
])("%d is %s", (bytes, text) => {
  expect(sizeText(bytes)).toBe(text);
});
