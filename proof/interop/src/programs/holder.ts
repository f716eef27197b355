// Opens a store for writing, says what came of it, and holds it until its input ends. In a thread of its own where the
// second argument says so.
import { once } from "node:events";
import { isMainThread, parentPort, Worker, workerData } from "node:worker_threads";
import { isRecordLogError, RecordLog } from "@datawal/record-log";
import { isSafeatomicError } from "@datawal/safeatomic";
import type { HolderMessage } from "../sections/lock/holder.js";

if (!isMainThread) {
  void hold(workerData as string, once(parentPort!, "message"));
} else {
  const [dir, where] = process.argv.slice(2);
  const end = once(process.stdin.resume(), "end");
  if (where === "thread") {
    const worker = new Worker(new URL(import.meta.url), { workerData: dir });
    void end.then(() => worker.postMessage("end"));
  } else {
    void hold(dir!, end);
  }
}

async function hold(dir: string, end: Promise<unknown>): Promise<void> {
  try {
    const log = RecordLog.openSync(dir);
    tell({ held: log.lock });
    await end;
    log.closeSync();
  } catch (error) {
    if (!isRecordLogError(error) && !isSafeatomicError(error)) throw error;
    const owner = "owner" in error ? String(error.owner) : "";
    tell({ code: error.code, owner, text: error.message });
    await end;
  }
}

function tell(message: HolderMessage): void {
  process.stdout.write(`${JSON.stringify(message)}\n`);
}
