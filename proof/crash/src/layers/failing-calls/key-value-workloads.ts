import { RecordType } from "@datawal/format";
import { isRightAnswer } from "@datawal/oracle";
import type { FileSystem } from "@datawal/safeatomic";
import { createSimulatedDisk } from "@datawal/safeatomic/testing";
import { DataWal } from "datawal";
import { preparedOnce, writeFile } from "./disk-tree.js";
import { judgeLog, STORE } from "./judge-log.js";
import { Ledger, type LedgerInput } from "./ledger.js";
import type { Session, Workload } from "./workload.js";

/** A store that is open for writing, and what is known of it. */
interface OpenStore {
  db: DataWal;
  ledger: Ledger;
  signal: AbortSignal;
}

interface Put extends LedgerInput {
  key: string;
  payload: string;
}

const IMPORTED = "/import.jsonl";
const put = (key: string, payload: string): Put => ({ type: RecordType.Put, key, payload });
const deletion = (key: string): Put => ({ type: RecordType.Delete, key, payload: "" });
const SOME = [put("a", "new"), put("b", "y".repeat(50)), put("d", "more"), put("a", "newer"), put("e", "")];
const base64 = (text: string) => Buffer.from(text).toString("base64");
const LINES = SOME.map(({ key, payload }) =>
  JSON.stringify({ key_b64: base64(key), value_b64: base64(payload) }).concat("\n"),
);

/** Overwritten and deleted keys over several segments, and a file to import. */
const filled = preparedOnce(() => {
  const disk = createSimulatedDisk();
  const db = DataWal.openSync(STORE, { fileSystem: disk, segmentBytesMax: 100 });
  for (const [key, value] of [
    ["a", "1"],
    ["b", "2"],
    ["gone", "3"],
    ["", "the empty key"],
    ["a", "4"],
  ] as const)
    db.put(key, value);
  db.delete("gone");
  db.closeSync();
  writeFile(disk, IMPORTED, LINES.join(""));
  return disk;
});

const putOne = ({ db, ledger }: OpenStore, { key, payload } = put("a", "new")) =>
  ledger.append(put(key, payload), () => db.put(key, payload));

const OPERATIONS: Readonly<Record<string, (open: OpenStore) => unknown>> = {
  put: (open) => putOne(open),
  "put-large": (open) => putOne(open, put("large", "x".repeat(70_000))),
  "put-fsync": async (open) => {
    putOne(open);
    await open.ledger.sync(() => open.db.fsync());
  },
  "put-fsyncSync": async (open) => {
    putOne(open);
    await open.ledger.sync(() => open.db.fsyncSync());
  },
  delete: ({ db, ledger }) => ledger.append(deletion("b"), () => db.delete("b")),
  putMany: ({ db, ledger }) =>
    ledger.batch(SOME, () => db.putMany(SOME.map(({ key, payload }) => [key, payload]))),
  batch: ({ db, ledger }) => {
    const inputs = [...SOME, deletion("b"), deletion("never there")];
    const operations = inputs.map(({ type, key, payload: value }) =>
      type === RecordType.Put ? ({ type: "put", key, value } as const) : ({ type: "delete", key } as const),
    );
    ledger.group(inputs, () => db.batch(operations));
  },
  clear: ({ db, ledger }) => {
    const inputs = [...db.keys()].map((key) => ({ type: RecordType.Delete, key, payload: "" }));
    return ledger.batch(inputs, () => db.clear());
  },
  importJsonl: ({ db, ledger, signal }) => ledger.batch(SOME, () => db.importJsonl(IMPORTED, { signal })),
  importJsonlSync: ({ db, ledger, signal }) =>
    ledger.batch(SOME, () => db.importJsonlSync(IMPORTED, { signal })),
  "importJsonl-of-lines": ({ db, ledger, signal }) =>
    ledger.batch(SOME, () => db.importJsonl(lines(), { signal })),
  get: ({ db, ledger }) => isRightAnswer(ledger.appended, (key) => db.get(key), { mayThrow: true }),
  entries: ({ db, ledger }) => {
    const found = new Map([...db].map(([key, value]) => [textOf(key), value]));
    isRightAnswer(ledger.appended, (key) => found.get(textOf(key)));
  },
  rotate: async (open) => {
    putOne(open);
    await open.ledger.sync(() => open.db.rotate());
    putOne(open);
  },
  rotateSync: async (open) => {
    putOne(open);
    await open.ledger.sync(() => open.db.rotateSync());
  },
  close: async (open) => {
    putOne(open);
    await open.ledger.sync(() => open.db.close());
  },
  closeSync: async (open) => {
    putOne(open);
    await open.ledger.sync(() => open.db.closeSync());
  },
};

export const keyValueWorkloads: Workload[] = Object.entries(OPERATIONS).map(([name, operate]) => ({
  name: `store-${name}`,
  takesSignal: name.startsWith("importJsonl"),
  prepare: filled,
  start: (port) => startStore(port, operate),
}));

function startStore(port: FileSystem, operate: (open: OpenStore) => unknown): Session {
  const db = DataWal.openSync(STORE, { fileSystem: port, segmentBytesMax: 150 });
  const ledger = new Ledger([...db.scan()]);
  let isOpen = true;
  return {
    operate: async (signal) => {
      isOpen = !operate.name.startsWith("close");
      await operate({ db, ledger, signal });
    },
    inspect: (mayThrow) => {
      if (isOpen && ledger.isExact) isRightAnswer(ledger.appended, (key) => db.get(key), { mayThrow });
    },
    close: () => db.close(),
    judge: (aftermath) => judgeLog(aftermath, ledger),
  };
}

async function* lines(): AsyncGenerator<string> {
  yield* LINES;
}

function textOf(key: Uint8Array): string {
  return Buffer.from(key).toString("latin1");
}
