import { setTimeout as sleep } from "node:timers/promises";
import { DataWal, json, utf8 } from "datawal";

const [start = "https://example.com/", visits = "Infinity", pauseMs = "1000"] = process.argv.slice(2);

await using pages = await DataWal.open("./pages", {
  key: utf8,
  value: json<{ at: number; text: string }>(),
  segmentBytesMax: 4 * 1024 * 1024,
  autoCompact: true, // gives back what is superseded, while the program goes on
});

const queue = new Set([start, ...pages.keys()]);
let left = Number(visits);
for (const url of queue) {
  const response = await fetch(url).catch(() => undefined);
  if (response?.ok) {
    const text = await response.text();
    pages.put(url, { at: Date.now(), text });
    for (const [, path] of text.matchAll(/href="(\/(?!\/)[^"#]*)/g)) queue.add(new URL(path!, url).href);
  }
  // To the end: it is fetched again behind all others.
  queue.delete(url);
  queue.add(url);
  if (--left === 0) break;
  await sleep(Number(pauseMs));
}
console.log(pages.size, pages.stats().segmentBytes);
