// One thread owns the store, others send it what to write and read for themselves.
import { isMainThread, parentPort, Worker } from "node:worker_threads";
import { DataWal, DataWalReader, utf8 } from "datawal";

const text = { key: utf8, value: utf8 };

if (isMainThread) {
  const db = await DataWal.open("./results", text);
  const workers = [1, 2, 3, 4].map(() => new Worker(new URL(import.meta.url)));
  const served = workers.map((worker, index) => {
    worker.on("message", async ({ key, value }) => {
      if (key === undefined) return worker.terminate();
      db.put(key, value);
      await db.fsync(); // all workers that wait share it
      worker.postMessage("durable");
    });
    worker.postMessage(index);
    return new Promise((resolve, reject) => worker.on("exit", resolve).on("error", reject));
  });
  await Promise.all(served);
  console.log(db.size, db.get("worker 3"));
  await db.close();
} else {
  parentPort.on("message", async (message) => {
    if (message !== "durable")
      return parentPort.postMessage({ key: `worker ${message}`, value: `square ${message ** 2}` });
    const reader = DataWalReader.openSync("./results", text); // no lock: a thread of its own can read
    if (reader.size === 0) throw new Error("what is durable is there for readers");
    reader.closeSync();
    parentPort.postMessage({});
  });
}

// Prints:
//   4 square 9
