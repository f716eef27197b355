// A process that writes a store step by step, as it is told on standard input, and answers on standard output.
import { createInterface } from "node:readline";
import { RecordType } from "@datawal/format";
import type { OracleRecord } from "@datawal/oracle";
import { type FileSystem, nodeFileSystem } from "@datawal/safeatomic";
import { errnoOf } from "@datawal/safeatomic/internal";
import { DataWal } from "datawal";
import { digestOf } from "../power-cut/writer/pairs-digest.js";
import { streamRecord } from "../power-cut/writer/record-stream.js";
import type { ChainAnswer, ChainOrder, ChainRequest } from "./chain-protocol.js";
import { markedRecord } from "./marked-record.js";

const PORTS: Record<ChainOrder["port"], FileSystem> = {
  honest: nodeFileSystem,
  "copies-not-synced": nodeFileSystem,
  "hides-note": {
    ...nodeFileSystem,
    lock: (path, owner) => {
      const lock = nodeFileSystem.lock(path, owner);
      if (lock.state === "refused") return lock;
      const { state, means, identity } = lock;
      return { state, means, identity, note: "", writeNote: () => undefined, release: () => lock.release() };
    },
  },
};

const order = JSON.parse(process.argv[2]!) as ChainOrder;
let db: DataWal | undefined;
/** As {@link ChainAnswer} has it. */
let records = 0;

for await (const line of createInterface({ input: process.stdin })) {
  console.log(JSON.stringify(await answer(JSON.parse(line) as ChainRequest)));
}

async function answer(request: ChainRequest): Promise<ChainAnswer> {
  const refused = await perform(request).then(() => undefined, describe);
  const warnings = db?.recoveryReport().warnings.map(({ kind }) => kind) ?? [];
  if (refused !== undefined) return { records, warnings, refused };
  const hasPairs = request.do === "open" && order.contents === "compacted";
  return { records, warnings, ...(hasPairs ? { pairs: digestOf(db!) } : {}) };
}

function describe(error: unknown): string {
  const { code, cause } = error as { code?: string; cause?: unknown };
  return `${code ?? error}: ${errnoOf(cause) ?? cause ?? "no cause"}`;
}

async function perform(request: ChainRequest): Promise<void> {
  if (request.do === "open") await open();
  else if (request.do === "append") append(db!, request);
  else if (request.do === "compact") await compact(db!, request);
  else await db![request.do]();
}

async function open(): Promise<void> {
  const { store, segmentBytesMax, port, contents } = order;
  db = await DataWal.open(store, { segmentBytesMax, fileSystem: PORTS[port] });
  records = contents === "compacted" ? 0 : db.recoveryReport().recordsReplayed;
}

function append(to: DataWal, request: ChainRequest & { do: "append" }): void {
  const { stream, count, isMarked, isGroup } = request;
  const record = isMarked ? markedRecord : streamRecord;
  const all = Array.from({ length: count }, (_, index) => record(stream, index, 0n));
  if (isGroup) appendGroup(to, all);
  else for (const each of all) appendOne(to, each);
}

function appendGroup(to: DataWal, all: readonly OracleRecord[]): void {
  to.batch(
    all.map(({ type, key, payload }) =>
      type === RecordType.Put ? { type: "put", key, value: payload } : { type: "delete", key },
    ),
  );
  records += all.length;
}

function appendOne(to: DataWal, { type, key, payload }: OracleRecord): void {
  if (type === RecordType.Put) to.put(key, payload);
  else to.delete(key);
  records++;
}

async function compact(store: DataWal, { stream }: ChainRequest & { do: "compact" }): Promise<void> {
  let callsCount = 0;
  const onProgress = () => {
    if (++callsCount % 4 === 0) appendOne(store, streamRecord(stream, callsCount / 4 - 1, 0n));
  };
  await store.compact({ onProgress });
}
