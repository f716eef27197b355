// A key/value cache whose directory does not grow: it gives back by itself what is superseded.
import { DataWal, json, utf8 } from "datawal";

const pages = await DataWal.open("./pages", {
  key: utf8,
  value: json(),
  segmentBytesMax: 1024 * 1024, // small against what is live
  autoCompact: true,
});

// No expiry is built in: a value says until when it counts.
const remember = (url, text, ttlMs) => pages.put(url, { text, until: Date.now() + ttlMs });
function recall(url) {
  const page = pages.get(url);
  return page && page.until > Date.now() ? page.text : undefined;
}

let bytesPut = 0;
for (let visit = 0; visit < 40_000; visit++) {
  const text = `visit ${visit} ${"x".repeat(1000)}`;
  remember(`/page/${visit % 500}`, text, 60_000);
  bytesPut += text.length;
  if (visit % 1000 === 0) await pages.fsync(); // the event loop gets turns, and the compaction with it
}
console.log(recall("/page/499").slice(0, 11), recall("/page/500"));
console.log(pages.stats().segmentBytes < bytesPut / 2 ? "most of the space came back" : "it has grown");
await pages.close();

// Prints:
//   visit 39999 undefined
//   most of the space came back
