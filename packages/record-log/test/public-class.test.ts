import { inspect } from "node:util";
import { createSimulatedDisk } from "@datawal/safeatomic/testing";
import { expect, test } from "vitest";
import { RecordLog, RecordLogReader } from "../src/index.js";
import { thrownBy } from "./kit/read-back.js";
import { STORE } from "./kit/store-files.js";

type Constructor = new (...args: unknown[]) => unknown;

test.each([RecordLog, RecordLogReader])("new %o is a clear mistake", (named) => {
  const name = named.name;
  for (const args of [[], [STORE], [STORE, {}]])
    expect(thrownBy(() => new (named as unknown as Constructor)(...args))).toMatchObject({
      name: "TypeError",
      code: "ERR_DATAWAL_NOT_CONSTRUCTIBLE",
      className: name,
      message: `datawal: ${name} expected to be opened, got new ${name}(...); use await ${name}.open(dir)`,
    });
});

// A bundler had renamed it: it printed as _RecordLog.
test("they print under their names", () => {
  const fileSystem = createSimulatedDisk();
  using log = RecordLog.openSync(STORE, { fileSystem });
  using reader = RecordLogReader.openSync(STORE, { fileSystem });
  expect([inspect(log), String(log)]).toEqual(["RecordLog {}", "[object RecordLog]"]);
  expect([inspect(reader), String(reader)]).toEqual(["RecordLogReader {}", "[object RecordLogReader]"]);
});
