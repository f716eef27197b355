// What a bundle is made of: prints by which means the lock is held, and whether the native CRC is loaded.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DataWal, RecordLog } from "datawal";

async function main() {
  const directory = mkdtempSync(join(tmpdir(), "datawal-bundled-"));
  try {
    const store = await DataWal.open(join(directory, "store"));
    store.put("key", new Uint8Array(5000).fill(7));
    await store.close();
    const log = await RecordLog.open(join(directory, "store"));
    const { length } = [...log.scan()][0].payload;
    const isNative = process.report.getReport().sharedObjects.some((path) => /crc32[^/]*\.node$/.test(path));
    console.log(`lock by ${log.lock}, crc by ${isNative ? "native code" : "table"}, ${length} bytes`);
    await log.close();
  } finally {
    rmSync(directory, { recursive: true });
  }
}

main().catch((error) => {
  console.error(error);
  process.exitCode = 1;
});
