// A second process, here a second handle, reads and follows while the writer writes: it takes no lock and writes nothing.
import { rmSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { DataWal, DataWalReader, utf8 } from "datawal";

const text = { key: utf8, value: utf8 };
rmSync("./shared", { recursive: true, force: true });
const writer = await DataWal.open("./shared", text);
writer.put("a", "1");

const reader = await DataWalReader.open("./shared", text);
const stop = new AbortController();
const seen = [];
const following = (async () => {
  // What is live first, then what comes.
  for await (const { key, value } of reader.follow({ signal: stop.signal, pollMs: 10 }))
    seen.push(`${key}=${value}`);
})().catch((error) => {
  if (error.name !== "AbortError") throw error;
});

await sleep(50);
writer.put("b", "2");
writer.delete("a");
while (seen.length < 3) await sleep(10);
stop.abort();
await following;
console.log(seen.join(" "));
await reader.close();
await writer.close();

// Prints:
//   a=1 b=2 a=undefined
