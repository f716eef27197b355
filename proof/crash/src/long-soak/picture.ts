import { METRICS, type Row } from "./metrics.js";

const COLUMNS: readonly (keyof Row)[] = [
  "elapsed",
  "life",
  "readers",
  "rssBytes",
  "heapBytes",
  "descriptors",
  "files",
  "diskBytes",
  "steps",
  "p50Us",
  "p99Us",
  "maxUs",
  "readerRssBytes",
  "readerHeapBytes",
  "readerDescriptors",
];

export function csvOf(rows: readonly Row[]): string {
  const line = (row: Row) => COLUMNS.map((column) => Math.round(row[column] * 10) / 10).join();
  return [COLUMNS.join(), ...rows.map(line), ""].join("\n");
}

const [WIDTH, HEIGHT, LEFT] = [760, 70, 190];

/** One small line chart for each metric, one below the other; each begins at 0. A gap is a kill. */
export function svgOf(rows: readonly Row[], verdict: string): string {
  const end = rows.at(-1)?.elapsed ?? 1;
  const charts = METRICS.map(({ field, title, unit, unitName }, index) => {
    const top = 40 + index * (HEIGHT + 20);
    const most = Math.max(...rows.map((row) => row[field]), unit);
    const place = (row: Row) =>
      `${(LEFT + (row.elapsed / end) * (WIDTH - LEFT - 10)).toFixed(1)},${(top + HEIGHT - (row[field] / most) * HEIGHT).toFixed(1)}`;
    const lives = [...new Set(rows.map(({ life }) => life))];
    const lines = lives.map((life) => {
      const points = rows.filter((row) => row.life === life).map(place);
      return `<polyline fill="none" stroke="#1f6feb" stroke-width="1.5" points="${points.join(" ")}"/>`;
    });
    return [
      `<text x="10" y="${top + 14}">${title}</text>`,
      `<text x="10" y="${top + 30}" fill="#666">to ${(most / unit).toFixed(1)} ${unitName}</text>`,
      `<line x1="${LEFT}" y1="${top + HEIGHT}" x2="${WIDTH - 10}" y2="${top + HEIGHT}" stroke="#ccc"/>`,
      ...lines,
    ].join("\n");
  });
  const height = 50 + METRICS.length * (HEIGHT + 20);
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${WIDTH}" height="${height}" font-family="sans-serif" font-size="12">
<rect width="100%" height="100%" fill="white"/>
<text x="10" y="22" font-size="14">${escaped(verdict)} (${end.toFixed(0)} s)</text>
${charts.join("\n")}
</svg>
`;
}

function escaped(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;");
}
