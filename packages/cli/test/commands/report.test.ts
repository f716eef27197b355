import { expect, test } from "vitest";
import { parsedLine, runCommand } from "../kit/run-command.js";
import {
  appendZeros,
  damagedStore,
  fixtureNames,
  fixtureStore,
  madeStore,
  manifest,
  PAIRS,
  tornStore,
} from "../kit/stores.js";

test("the reference's eight lines come first, then the verdict", async () => {
  const { code, stdout } = await runCommand(["report", fixtureStore("smoke")]);
  expect(stdout).toBe(
    [
      "schema:              datawal.cli.v1",
      "files_scanned:       1",
      "records_replayed:    4",
      "tail_truncated:      0",
      "tail_bytes_discarded:0",
      "mid_stream_errors:   0",
      "unsupported_versions:0",
      "last_txid_seen:      4",
      "verdict:             intact",
      "",
    ].join("\n"),
  );
  expect(code).toBe(0);
});

test("JSON has the reference's fields in their order, then ours", async () => {
  const { stdout } = await runCommand(["--json", "report", await damagedStore()]);
  expect(stdout).toBe(
    '{"schema":"datawal.cli.v1","kind":"report","files_scanned":3,"records_replayed":2,"tail_truncated":0,"tail_bytes_discarded":0,"mid_stream_errors":1,"unsupported_versions":0,"last_txid_seen":3,' +
      '"verdict":"damaged","damages":[{"segment":2,"offset":0,"bytes":40,"reason":"crc-mismatch","is_sealed":true,"valid_frames_beyond":0}],' +
      '"warnings":[{"kind":"txid-gap","message":"segment 3, offset 0: expected txid 2, found 3 (1 such places): records are missing or repeated"}]}\n',
  );
});

test.each(fixtureNames.filter((name) => !manifest[name]?.open_error))(
  "of %s the report is the reference's",
  async (name) => {
    const ran = await runCommand(["report", "--json", fixtureStore(name)]);
    expect(parsedLine(ran)).toMatchObject(manifest[name]!.report);
    expect(ran.code).toBe(manifest[name]!.report.tail_truncated === 1 ? 2 : 0);
  },
);

test.each(fixtureNames.filter((name) => manifest[name]?.open_error))(
  "of %s, which the reference refuses to open, the damage is reported",
  async (name) => {
    const ran = await runCommand(["report", "--json", fixtureStore(name)]);
    expect(ran.code).toBe(3);
    expect(parsedLine(ran)).toMatchObject({ verdict: "damaged", mid_stream_errors: 1 });
  },
);

test("a torn tail is told with its place and its reason", async () => {
  const { code, stdout } = await runCommand(["report", await tornStore()]);
  expect(code).toBe(2);
  expect(stdout).toContain(
    "damage:              00000001.dwal, offset 80: expected a frame, found a frame cut short by the end of the file; bytes from there to the end of the file: 37\n",
  );
});

test.each([1, 24, 4200])("%i zero bytes at the end are a torn tail", async (count) => {
  const store = await madeStore(PAIRS);
  appendZeros(store, count);
  const { code, stdout } = await runCommand(["report", store]);
  expect(code).toBe(2);
  expect(stdout).toContain("found zero bytes");
});
