import { type LogVerification, segmentName } from "@datawal/record-log";
import { findingRows } from "../render/damage.js";
import { shellWord } from "../render/shell-word.js";
import { sizeText } from "../render/size.js";
import { type SegmentSpace, totalSpace } from "../store/segment-space.js";
import type { SizeCurve } from "../store/size-curve.js";
import { Markup, markup } from "./markup.js";
import { sizeChart } from "./size-chart.js";
import { STYLE } from "./style.js";

/** What a bar is made of, in the order in which it is drawn; the names of the style sheet. */
const PARTS = [
  { name: "live", label: "live", bytesOf: (space: SegmentSpace) => space.liveBytes },
  { name: "raw", label: "Raw records", bytesOf: (space: SegmentSpace) => space.rawBytes },
  { name: "dead", label: "superseded or deleted", bytesOf: (space: SegmentSpace) => space.deadBytes },
  { name: "grave", label: "tombstones", bytesOf: (space: SegmentSpace) => space.tombstoneBytes },
  { name: "torn", label: "torn or damaged", bytesOf: (space: SegmentSpace) => space.tornBytes },
] as const;

/**
 * One page, complete in itself, that shows a store: it asks the network for nothing and runs no program. Keys and values
 * are not in it.
 *
 * @param store As it was named on the command line.
 */
export function storePage(store: string, found: LogVerification, curve: SizeCurve): string {
  const spaces = curve.space.finish(found.segments);
  return markup`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>${store}, ${found.verdict}: datawal report</title>
<style>${new Markup(STYLE)}</style>
</head>
<body>
<header><h1>${store}</h1>
<p class="verdict ${found.verdict}">${found.verdict}</p></header>
<main>
${facts(found, curve, spaces)}
${findings(found, store, spaces)}
<h2>Segments</h2>
${legend()}
<div class="scroll" tabindex="0" role="region" aria-label="Segments">${segmentTable(found, spaces)}</div>
<h2>Size over txids</h2>
${sizeChart(curve.points)}
</main>
</body>
</html>
`.text;
}

function facts({ report, verdict }: LogVerification, { space }: SizeCurve, spaces: SegmentSpace[]): Markup {
  const total = totalSpace(spaces);
  const rows: [string, string | number | bigint][] = [
    ["on disk", sizeText(total.bytes)],
    ["live", sizeText(total.liveBytes)],
    ["compaction would free", verdict === "damaged" ? "repair first" : sizeText(wasteOf(spaces))],
    ["segments", spaces.length],
    ["records", report.recordsReplayed],
    ["live keys", space.keys],
    ["last txid", report.lastTxidSeen],
  ];
  return markup`<dl>${rows.map(([name, value]) => markup`<div><dt>${name}</dt><dd>${value}</dd></div>`)}</dl>`;
}

/** What is wrong, and what to do. */
function findings(found: LogVerification, store: string, spaces: SegmentSpace[]): Markup {
  const rows = findingRows(found, store).filter(([label]) => label !== "verdict");
  const listed = (wanted: string) =>
    rows.filter(([label]) => label === wanted).map(([, text]) => markup`<li>${text}</li>`);
  const wrong = [...listed("damage"), ...listed("warning")];
  const next = [...listed("next"), ...commands(found, store, spaces)];
  return markup`<h2>What is wrong</h2>
${wrong.length > 0 ? markup`<ul>${wrong}</ul>` : markup`<p>Nothing: every frame is what its CRC says.</p>`}
<h2>What to run next</h2>
<ul>${next}</ul>`;
}

function commands({ verdict }: LogVerification, store: string, spaces: SegmentSpace[]): Markup[] {
  const wasteBytes = wasteOf(spaces);
  const place = shellWord(store);
  const shown: [string, string][] = [[`datawal check ${place}`, "reads every live value back"]];
  if (verdict === "damaged") shown.push([`datawal scan ${place} --beyond`, "what lies behind the damage"]);
  else if (wasteBytes > totalSpace(spaces).liveBytes)
    shown.push([`datawal compact ${place} --in-place`, `gives back up to ${sizeText(wasteBytes)}`]);
  if (verdict !== "damaged") shown.push([`datawal snapshot ${place} BACKUP`, "a verified copy"]);
  return shown.map(([command, why]) => markup`<li><code>${command}</code> ${why}</li>`);
}

/** Raw records are not waste: a compaction in place leaves them. */
function wasteOf(spaces: SegmentSpace[]): number {
  const { deadBytes, tombstoneBytes } = totalSpace(spaces);
  return deadBytes + tombstoneBytes;
}

function legend(): Markup {
  const items = PARTS.map(({ name, label }) => markup`<li><i class="part-${name}"></i>${label}</li>`);
  return markup`<ul class="legend">${items}</ul>`;
}

function segmentTable({ damages }: LogVerification, spaces: SegmentSpace[]): Markup {
  const bytesMax = Math.max(1, ...spaces.map(({ bytes }) => bytes));
  const rows = spaces.map((space) => {
    const damage = damages.find(({ segment }) => segment === space.segment);
    const place = damage ? markup`from offset ${damage.offset}` : markup``;
    return markup`<tr><th scope="row">${segmentName(space.segment)}</th><td class="wide">${bar(space, bytesMax)}</td><td class="number">${sizeText(space.bytes)}</td><td class="number">${place}</td></tr>`;
  });
  return markup`<table><thead><tr><th scope="col">segment</th><th scope="col">what its bytes are</th><th scope="col">size</th><th scope="col">damage</th></tr></thead>
<tbody>${rows}</tbody></table>`;
}

/** As long as the segment is large, damage at the place where it begins: at the end of what could be read. */
function bar(space: SegmentSpace, bytesMax: number): Markup {
  const parts = PARTS.filter(({ bytesOf }) => bytesOf(space) > 0);
  const told = parts.map(({ label, bytesOf }) => `${label}: ${sizeText(bytesOf(space))}`).join(", ");
  const drawn = parts.map(
    ({ name, bytesOf }) =>
      markup`<i class="part-${name}" style="width:${((bytesOf(space) / bytesMax) * 100).toFixed(3)}%"></i>`,
  );
  return markup`<div class="bar" role="img" aria-label="${told || "empty"}" title="${told || "empty"}">${drawn}</div>`;
}
