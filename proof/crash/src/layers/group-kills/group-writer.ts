// A process that writes one group behind the other until it is killed: each gives all keys of its kind a new number.
import { openSync, writeSync } from "node:fs";
import { setImmediate } from "node:timers/promises";
import { type BytesLike, DataWal } from "datawal";
import { type GroupOrder, KINDS, keyOf, valueWith } from "./groups.js";

async function main({ store, testimony, isPlanted }: GroupOrder): Promise<void> {
  // Whoever started this process has gone.
  process.stdin.on("end", () => process.exit(0)).resume();
  const db = DataWal.openSync<BytesLike, BytesLike>(store, { segmentBytesMax: 8 * 1024 * 1024 });
  const witness = openSync(testimony, "a");
  for (let number = db.recoveryReport().lastTxidSeen; ; number++) {
    for (const [kind, { records, bytes }] of KINDS.entries()) {
      const operations = Array.from({ length: records }, (_, index) => ({
        type: "put" as const,
        key: keyOf(kind, index),
        value: valueWith(number, bytes),
      }));
      // What a batch was before it was all or nothing.
      if (isPlanted) for (const { key, value } of operations) db.put(key, value);
      else db.batch(operations);
      writeSync(witness, `${kind} ${number}\n`);
      await setImmediate();
    }
  }
}

await main(JSON.parse(process.argv[2]!) as GroupOrder);
