// Names everything that the packages export, and uses the main of it with the types that a program would write.

import * as format from "@datawal/format";
import * as fuzz from "@datawal/fuzz";
import * as recordLog from "@datawal/record-log";
import * as safeatomic from "@datawal/safeatomic";
import * as testing from "@datawal/safeatomic/testing";
import * as datawal from "datawal";

export const everything = { datawal, format, fuzz, recordLog, safeatomic, testing };

export async function useStore(path: string): Promise<Uint8Array | undefined> {
  const store = await datawal.DataWal.open(path, {
    key: datawal.utf8,
    value: datawal.json<{ n: number }>(),
  });
  store.put("key", { n: 1 });
  const n: number | undefined = store.get("key")?.n;
  const keys: string[] = [...store.keys()];
  await store.fsync();
  await store.close();
  const bytesStore = datawal.DataWal.openSync(path, { create: false });
  bytesStore.put("key", new Uint8Array([n ?? keys.length]));
  const value: Uint8Array | undefined = bytesStore.get("key");
  bytesStore.closeSync();
  const disposable: Disposable & AsyncDisposable = bytesStore;
  disposable[Symbol.dispose]();
  return value;
}

export async function useLog(path: string): Promise<bigint> {
  const log: recordLog.RecordLog = await recordLog.RecordLog.open(path, { segmentBytesMax: 1 << 20 });
  const { txid }: { txid: bigint } = log.append("payload");
  const frame: Uint8Array = format.encodeRecord({ type: format.RecordType.Raw, txid: 1n });
  for await (const { payload } of log.scan()) if (payload.length === frame.length) return txid;
  for (const record of log.scan()) if (record.txid > txid) break;
  await log.close();
  return txid;
}

export async function useFiles(path: string): Promise<void> {
  try {
    await safeatomic.writeAtomic(path, "text", { mode: 0o600 });
    safeatomic.writeOnceSync(path, new Uint8Array(1), { fileSystem: testing.createSimulatedDisk() });
  } catch (error) {
    if (safeatomic.isSafeatomicError(error, "ERR_DATAWAL_FILE_IO")) throw new Error(error.errno);
  }
}
