// The child process: appends, fsyncs, and tells what is acknowledged, until it is killed.
import { once } from "node:events";
import { DataWal } from "datawal";
import { operationsOf } from "./input/source.js";
import { type Acknowledgement, GROUPS_AHEAD_MAX, type WriterTask } from "./writer-protocol.js";

let goOns = 0;
process.on("message", () => goOns++);
// Without the demo there is nobody to write for.
process.on("disconnect", () => process.exit());

try {
  await write(JSON.parse(process.argv[2] ?? ""));
} catch (error) {
  console.error(`writer: ${error instanceof Error ? error.message : String(error)}`);
  process.exitCode = 1;
  process.disconnect();
}

async function write({ store, segmentBytesMax, source, groupSize }: WriterTask): Promise<void> {
  await using db = await DataWal.open(store, { segmentBytesMax });
  let appended = 0;
  let groups = 0;
  const endGroup = async () => {
    await db.fsync();
    process.send!({ acknowledged: appended } satisfies Acknowledgement);
    groups++;
    await toldToGoOn(groups - GROUPS_AHEAD_MAX);
  };
  for await (const { key, value } of operationsOf(source)) {
    db.put(key, value);
    appended++;
    if (appended % groupSize === 0) await endGroup();
  }
  if (appended % groupSize !== 0) await endGroup();
  await toldToGoOn(groups);
}

/** Waits until the demo has said as often to go on. It never says so for the acknowledgement that it kills us at. */
async function toldToGoOn(times: number): Promise<void> {
  while (goOns < times) await once(process, "message");
}
