// Two kinds of picture, as text: nothing is needed to draw them.
import { format } from "./format.mjs";

const COLOURS = ["#0b62a4", "#c2410c", "#15803d", "#7e22ce", "#a16207", "#be185d", "#475569", "#0e7490"];
const WIDTH = 760;
const FONT = 'font-family="system-ui, sans-serif" font-size="12"';

function page(height, title, parts) {
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" ${FONT} role="img" aria-label="${escaped(title)}">`,
    `<rect width="${WIDTH}" height="${height}" fill="#ffffff"/>`,
    text(16, 24, title, 'font-size="15" font-weight="600"'),
    ...parts,
    "</svg>",
    "",
  ].join("\n");
}

function text(x, y, content, more = "") {
  return `<text x="${round(x)}" y="${round(y)}" fill="#1f2937" ${more}>${escaped(content)}</text>`;
}

function escaped(content) {
  return String(content).replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll('"', "&quot;");
}

function round(number) {
  return Number(number.toFixed(1));
}

const PLOT = { left: 70, right: 590, top: 46, bottom: 330 };

/**
 * Lines over two logarithmic axes: what grows in proportion is a slope of one, what stays is level.
 *
 * @param series `{ name, points: [[x, y]] }`, x and y above 0.
 */
export function lineChart({ title, xTitle, yTitle, series }) {
  const points = series.flatMap((line) => line.points);
  const x = logScale(
    points.map(([value]) => value),
    PLOT.left,
    PLOT.right,
  );
  const y = logScale(
    points.map(([, value]) => value),
    PLOT.bottom,
    PLOT.top,
  );
  const parts = [
    ...x.ticks.map((tick) => gridLine(x.at(tick), PLOT.top, x.at(tick), PLOT.bottom)),
    ...y.ticks.map((tick) => gridLine(PLOT.left, y.at(tick), PLOT.right, y.at(tick))),
    ...x.ticks.map((tick) => text(x.at(tick), PLOT.bottom + 18, short(tick), 'text-anchor="middle"')),
    ...y.ticks.map((tick) => text(PLOT.left - 8, y.at(tick) + 4, short(tick), 'text-anchor="end"')),
    text((PLOT.left + PLOT.right) / 2, PLOT.bottom + 38, xTitle, 'text-anchor="middle"'),
    text(PLOT.left - 50, PLOT.top - 8, yTitle),
    ...series.flatMap((line, index) => drawLine(line, COLOURS[index % COLOURS.length], index, x, y)),
  ];
  return page(PLOT.bottom + 54, title, parts);
}

function drawLine({ name, points }, colour, index, x, y) {
  const places = points.map(([px, py]) => `${round(x.at(px))},${round(y.at(py))}`);
  const top = PLOT.top + 12 + index * 20;
  return [
    `<polyline points="${places.join(" ")}" fill="none" stroke="${colour}" stroke-width="2"/>`,
    ...places.map(
      (place) => `<circle cx="${place.split(",")[0]}" cy="${place.split(",")[1]}" r="3" fill="${colour}"/>`,
    ),
    `<rect x="${PLOT.right + 14}" y="${top - 9}" width="10" height="10" fill="${colour}"/>`,
    text(PLOT.right + 30, top, name),
  ];
}

function gridLine(x1, y1, x2, y2) {
  return `<line x1="${round(x1)}" y1="${round(y1)}" x2="${round(x2)}" y2="${round(y2)}" stroke="#e5e7eb"/>`;
}

/** Whole powers of ten around the values, spread between two places. */
function logScale(values, from, to) {
  const low = Math.floor(Math.log10(Math.min(...values)));
  const high = Math.max(low + 1, Math.ceil(Math.log10(Math.max(...values))));
  const at = (value) => from + ((Math.log10(value) - low) / (high - low)) * (to - from);
  const ticks = Array.from({ length: high - low + 1 }, (_, index) => 10 ** (low + index));
  return { at, ticks };
}

function short(number) {
  if (number >= 1e9) return `${number / 1e9}G`;
  if (number >= 1e6) return `${number / 1e6}M`;
  if (number >= 1e3) return `${number / 1e3}k`;
  return String(Number(number.toPrecision(1)));
}

const BAR_HEIGHT = 18;
const NAME_WIDTH = 170;
const BAR_WIDTH = 460;

/**
 * Bars in panels, each with a scale of its own: shorter is better. The first bar of a panel is ours.
 *
 * @param panels `{ title, bars: [{ name, value }] }`
 */
export function barChart({ title, panels }) {
  const parts = [];
  let top = 50;
  for (const { title: panelTitle, bars } of panels) {
    parts.push(text(16, top, panelTitle, 'font-weight="600"'));
    const longest = Math.max(...bars.map(({ value }) => value));
    bars.forEach(({ name, value }, index) => {
      const y = top + 10 + index * (BAR_HEIGHT + 4);
      const width = Math.max(1, (value / longest) * BAR_WIDTH);
      parts.push(text(16 + NAME_WIDTH - 8, y + 13, name, 'text-anchor="end"'));
      const colour = index === 0 ? COLOURS[0] : "#94a3b8";
      parts.push(
        `<rect x="${16 + NAME_WIDTH}" y="${y}" width="${round(width)}" height="${BAR_HEIGHT}" fill="${colour}"/>`,
      );
      parts.push(text(16 + NAME_WIDTH + width + 6, y + 13, format(value)));
    });
    top += 10 + bars.length * (BAR_HEIGHT + 4) + 26;
  }
  return page(top, title, parts);
}
