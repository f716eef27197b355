// A process that writes a log step by step, as it is told on standard input, and answers on standard output.
import { createInterface } from "node:readline";
import { RecordLog } from "@datawal/record-log";
import { type FileSystem, nodeFileSystem } from "@datawal/safeatomic";
import { errnoOf } from "@datawal/safeatomic/internal";
import { streamRecord } from "../power-cut/writer/record-stream.js";
import type { ChainAnswer, ChainOrder, ChainRequest } from "./chain-protocol.js";
import { markedRecord } from "./marked-record.js";

const PORTS: Record<ChainOrder["port"], FileSystem> = {
  honest: nodeFileSystem,
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
let log: RecordLog | undefined;

for await (const line of createInterface({ input: process.stdin })) {
  console.log(JSON.stringify(await answer(JSON.parse(line) as ChainRequest)));
}

async function answer(request: ChainRequest): Promise<ChainAnswer> {
  const refused = await perform(request).then(() => undefined, describe);
  const warnings = log?.recoveryReport().warnings.map(({ kind }) => kind) ?? [];
  return { records: Number(log?.lastTxid ?? 0n), warnings, ...(refused === undefined ? {} : { refused }) };
}

function describe(error: unknown): string {
  const { code, cause } = error as { code?: string; cause?: unknown };
  return `${code ?? error}: ${errnoOf(cause) ?? cause ?? "no cause"}`;
}

async function perform(request: ChainRequest): Promise<void> {
  if (request.do === "open") {
    const { store, segmentBytesMax, port } = order;
    log = await RecordLog.open(store, { segmentBytesMax, fileSystem: PORTS[port] });
  } else if (request.do === "append") append(log!, request);
  else await log![request.do]();
}

function append(to: RecordLog, { stream, count, isMarked }: ChainRequest & { do: "append" }): void {
  const record = isMarked ? markedRecord : streamRecord;
  for (let index = 0; index < count; index++)
    to.append(record(stream, Number(to.lastTxid), to.lastTxid + 1n).payload);
}
