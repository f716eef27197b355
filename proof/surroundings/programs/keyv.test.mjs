// Keyv's own test suite, over the adapter as it is packed.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { KeyvDataWal } from "@datawal/keyv";
import keyvTestSuite, { keyvIteratorTests } from "@keyv/test-suite";
import { DataWal, utf8 } from "datawal";
import { Keyv } from "keyv";
import * as vitest from "vitest";

const directory = mkdtempSync(join(tmpdir(), "datawal-keyv-"));
const db = await DataWal.open(directory, { key: utf8, value: utf8 });
vitest.afterAll(async () => {
  await db.close();
  rmSync(directory, { recursive: true });
});

const store = () => new KeyvDataWal(db);
keyvTestSuite(vitest, Keyv, store);
keyvIteratorTests(vitest, Keyv, store);
