import type { OracleRecord } from "@datawal/oracle";
import { type DataWal, RecordType } from "datawal";
import type { Ledger } from "../ledger.js";
import { syncNeighbour } from "../neighbour.js";
import type { Workload } from "../workload.js";
import { openStore, prepareStore, putAll } from "./stores.js";

/** Into a new store: each sync that there is, overlapping ones, and appends that another file's sync writes in part. */
export const appendFsync: Workload = {
  name: "append-fsync",
  async perform(place, ledger) {
    await using db = await openStore(place);
    for (const bytes of [40, 700, 9000]) {
      putAll(db, [ledger.put(bytes)]);
      await db.fsync();
      await ledger.acknowledge();
      const first = fsyncOne(db, ledger, bytes);
      const second = fsyncOne(db, ledger, bytes);
      putAll(db, ledger.puts(3, bytes));
      await Promise.all([first, second]);
      syncNeighbour(place.mountPoint);
      db.delete(ledger.delete());
      db.fsyncSync();
      await ledger.acknowledge();
      putAll(db, ledger.puts(2, bytes));
      syncNeighbour(place.mountPoint);
    }
    await db.close();
    await ledger.acknowledge();
  },
};

async function fsyncOne(db: DataWal, ledger: Ledger, bytes: number): Promise<void> {
  putAll(db, [ledger.put(bytes)]);
  const { count } = ledger;
  await db.fsync();
  await ledger.acknowledge(count);
}

/** By the caller, and by size in the middle of a put. */
export const rotate: Workload = {
  name: "rotate",
  prepare: prepareStore,
  async perform(place, ledger) {
    await using db = await openStore(place);
    for (let round = 0; round < 3; round++) {
      putAll(db, ledger.puts(2, 700));
      await db.rotate();
      await ledger.acknowledge();
      putAll(db, ledger.puts(9, 6000));
    }
    await db.fsync();
    await ledger.acknowledge();
  },
};

export const putMany: Workload = {
  name: "put-many",
  async perform(place, ledger) {
    await using db = await openStore(place);
    for (const bytes of [60, 2500, 30_000]) {
      db.putMany(ledger.puts(12, bytes).map(({ key, payload }) => [key, payload] as const));
      await db.fsync();
      await ledger.acknowledge();
    }
  },
};

/** Of 512 bytes to 2 MiB, one synced and the next one perhaps written in part by another file's sync. */
export const batch: Workload = {
  name: "batch",
  async perform(place, ledger) {
    await using db = await openStore(place);
    for (const [count, bytes] of [
      [2, 240],
      [40, 900],
      [9, 30_000],
      [3, 700_000],
    ] as const) {
      putBatch(db, ledger.group(count, bytes));
      await db.fsync();
      await ledger.acknowledge();
      putBatch(db, ledger.group(count, bytes));
      syncNeighbour(place.mountPoint);
      putAll(db, [ledger.put(40)]);
    }
  },
};

function putBatch(db: DataWal, records: readonly Omit<OracleRecord, "txid">[]): void {
  const operations = records.map(({ type, key, payload: value }) =>
    type === RecordType.Put ? ({ type: "put", key, value } as const) : ({ type: "delete", key } as const),
  );
  db.batch(operations);
}

export const importJsonl: Workload = {
  name: "import-jsonl",
  prepare: prepareStore,
  async perform(place, ledger) {
    await using db = await openStore(place);
    const lines = ledger.puts(20, 4000).map(({ key, payload }) => {
      return `${JSON.stringify({ key_b64: base64(key), value_b64: base64(payload) })}\n`;
    });
    await db.importJsonl([Buffer.from(lines.join(""))]);
    await db.fsync();
    await ledger.acknowledge();
  },
};

function base64(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("base64");
}
