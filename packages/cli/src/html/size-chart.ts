import { sizeText } from "../render/size.js";
import type { SizePoint } from "../store/size-curve.js";
import { type Markup, markup } from "./markup.js";

const WIDTH = 640;
const HEIGHT = 200;

/** Two lines over the txids: all bytes that were written, and those that were live. Between them is what was waste. */
export function sizeChart(points: readonly SizePoint[]): Markup {
  const last = points.at(-1);
  if (points.length < 2 || !last) return markup`<p>Too few records for a curve.</p>`;
  const first = points[0]!;
  const span = Number(last.txid - first.txid);
  const place = ({ txid }: SizePoint, bytes: number) =>
    `${((Number(txid - first.txid) / span) * WIDTH).toFixed(1)},${(HEIGHT - (bytes / last.bytes) * HEIGHT).toFixed(1)}`;
  const line = (bytesOf: (point: SizePoint) => number) =>
    points.map((point) => place(point, bytesOf(point))).join(" ");
  const written = line(({ bytes }) => bytes);
  const live = line(({ liveBytes }) => liveBytes);
  const told = `Written up to txid ${last.txid}: ${sizeText(last.bytes)}; live then: ${sizeText(last.liveBytes)}`;
  return markup`<svg viewBox="-4 -4 ${WIDTH + 8} ${HEIGHT + 8}" preserveAspectRatio="none" role="img" aria-label="${told}">
<polygon class="waste" points="${written} ${live.split(" ").reverse().join(" ")}"/>
<polygon class="live" points="${live} ${WIDTH},${HEIGHT} 0,${HEIGHT}"/>
<polyline class="written" points="${written}"/>
</svg>
<p class="axis"><span>txid ${first.txid}</span><span>txid ${last.txid}</span></p>
<p>${told}.</p>`;
}
