// What must work wherever it runs: writes, a lock that holds, a reader beside it, a check, and the codec alone.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { decodeNext, encodeRecord } from "@datawal/format";
import { DataWal, DataWalReader, json, RecordLog, utf8, verifyLog } from "datawal";

async function main() {
  const directory = mkdtempSync(join(tmpdir(), "datawal-everywhere-"));
  try {
    const store = join(directory, "store");
    const options = { key: utf8, value: json() };
    const db = await DataWal.open(store, options);
    db.put("one", { n: 1 });
    db.batch([
      { type: "put", key: "two", value: { n: 2 } },
      { type: "delete", key: "one" },
    ]);
    await db.fsync();
    const second = await DataWal.open(store, options).catch(({ code }) => code);
    const reader = await DataWalReader.open(store, options);
    const { n } = reader.get("two");
    await reader.close();
    await db.close();
    const { verdict } = await verifyLog(store);
    const log = RecordLog.openSync(store);
    const { lock } = log;
    log.closeSync();
    const frame = encodeRecord({ type: 1, txid: 2n ** 64n - 1n, key: "k", payload: "v" });
    console.log(`${n} ${second} ${verdict} ${decodeNext(frame, 0).txid === 2n ** 64n - 1n} lock by ${lock}`);
  } finally {
    rmSync(directory, { recursive: true });
  }
}

main().catch((error) => {
  console.error(error);
  process.exitCode = 1;
});
