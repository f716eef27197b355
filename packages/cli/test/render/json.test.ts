import { expect, test } from "vitest";
import { jsonLine } from "../../src/render/json.js";

test("integers keep all their digits", () => {
  expect(jsonLine("test", { txid: 2n ** 64n - 1n, small: 7 })).toBe(
    '{"schema":"datawal.cli.v1","kind":"test","txid":18446744073709551615,"small":7}\n',
  );
});

test("nested values are JSON of the same kind", () => {
  const fields = { list: [{ n: 2n ** 60n, isIt: true }, { text: 'quote " and \x1b' }], none: [] };
  const line = jsonLine("test", fields);
  expect(line).toContain(
    '"list":[{"n":1152921504606846976,"isIt":true},{"text":"quote \\" and \\u001b"}],"none":[]',
  );
  expect(JSON.parse(line).none).toEqual([]);
});
