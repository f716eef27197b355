// The second thread of "open on two cores": reads a log through, each frame's CRC included.
import { parentPort, workerData } from "node:worker_threads";
import { RecordLogReader } from "./product.mjs";

let records = 0;
const reader = RecordLogReader.openSync(workerData.directory, {
  replay: () => {
    records++;
  },
});
reader.closeSync();
parentPort.postMessage({ records });
