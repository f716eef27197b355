// Moving from a JSONL file: every line becomes a record, or, where lines have an id, the last of each id a value.
import { createReadStream, writeFileSync } from "node:fs";
import { createInterface } from "node:readline";
import { DataWal, json, utf8 } from "datawal";

writeFileSync("old.jsonl", '{"id":"a","n":1}\n{"id":"b","n":2}\n{"id":"a","n":3}\n{"id":"c","n"');

const store = await DataWal.open("./from-jsonl", { key: utf8, value: json() });
let skipped = 0;
for await (const line of createInterface({ input: createReadStream("old.jsonl") })) {
  try {
    const { id, ...value } = JSON.parse(line);
    store.put(id, value);
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    skipped++; // the line that a crash has cut short: the reason to move
  }
}
await store.fsync();
console.log(store.get("a"), store.size, `${skipped} line skipped`);
await store.close();

// Prints:
//   { n: 3 } 2 1 line skipped
