// Draws what the worker reads: of all rows only those that can be seen.
import type { Answer, Detail, FileFacts, Request, Row } from "./messages.js";
import { type Form, hexDump, showBytes } from "./show-bytes.js";

declare const WORKER_PROGRAM: string;

const ROW_PX = 26;
/** Browsers draw no element that is much higher: beyond it the scroll bar's position is taken as a fraction. */
const SPACE_PX_MAX = 8_000_000;
const HEX_BYTES = 4096;

const element = <E extends HTMLElement>(id: string) => document.getElementById(id) as E;
const table = element("table");
const space = element("space");
const list = element("rows");
const status = element("status");
const search = element<HTMLInputElement>("search");
const trouble = element<HTMLInputElement>("trouble");
const form = element<HTMLSelectElement>("form");

const worker = new Worker(URL.createObjectURL(new Blob([WORKER_PROGRAM], { type: "text/javascript" })));
const ask = (request: Request) => worker.postMessage(request);

let rowCount = 0;
let first = 0;
let chosen = -1;
let shown: { from: number; rows: Row[] } = { from: 0, rows: [] };
let detailed: Detail | undefined;

worker.addEventListener("message", ({ data }: MessageEvent<Answer>) => {
  if (data.kind === "progress") status.textContent = `${data.what}: ${percent(data.done, data.total)}`;
  else if (data.kind === "opened") showOpened(data.files, data.rowCount);
  else if (data.kind === "filtered") showRows(data.rowCount);
  else if (data.kind === "rows") draw(data.from, data.rows);
  else showDetail(data.detail);
});

const percent = (done: number, total: number) => `${Math.floor((100 * done) / Math.max(1, total))} %`;

function showOpened(files: FileFacts[], count: number): void {
  element("facts").replaceChildren(...files.map(fact));
  search.value = "";
  trouble.checked = false;
  showRows(count);
}

function fact({ name, bytes, records, beyond, troubles }: FileFacts): HTMLElement {
  const told = `${name}: ${bytes.toLocaleString("en-US")} bytes, ${records.toLocaleString("en-US")} records`;
  const wrong =
    troubles.slice(0, 5).join("; ") + (troubles.length > 5 ? `; and ${troubles.length - 5} more` : "");
  const rest = beyond > 0 ? `; ${beyond} valid records beyond` : "";
  const item = make("li", "", troubles.length > 0 ? `${told}; ` : `${told}; every frame is good`);
  if (troubles.length > 0) item.append(make("span", "bad", wrong + rest));
  return item;
}

function showRows(count: number): void {
  rowCount = count;
  chosen = -1;
  space.style.height = `${Math.min(SPACE_PX_MAX, count * ROW_PX)}px`;
  table.setAttribute("aria-rowcount", String(count));
  table.scrollTop = 0;
  status.textContent = `${count.toLocaleString("en-US")} rows`;
  request();
}

const visible = () => Math.ceil(table.clientHeight / ROW_PX);

function request(): void {
  const way = Math.max(1, table.scrollHeight - table.clientHeight);
  first = Math.round(
    (table.scrollTop / way) * Math.max(0, rowCount - Math.floor(table.clientHeight / ROW_PX)),
  );
  ask({ kind: "rows", from: first, to: Math.min(rowCount, first + visible()) });
}

function draw(from: number, rows: Row[]): void {
  shown = { from, rows };
  list.replaceChildren(...rows.map((row, index) => drawn(row, from + index)));
  if (chosen >= 0) table.setAttribute("aria-activedescendant", `row-${chosen}`);
}

function drawn(row: Row, at: number): HTMLElement {
  const made = make("div", `row${row.trouble ? " bad" : row.isBeyond ? " beyond" : ""}`);
  made.id = `row-${at}`;
  made.setAttribute("role", "row");
  made.setAttribute("aria-rowindex", String(at + 1));
  made.setAttribute("aria-selected", String(at === chosen));
  const type = row.trouble ? "damage" : row.isBeyond ? `${row.type} +` : row.type;
  const value = row.trouble ? `${row.trouble}, ${row.len} bytes` : line(row.payload, row.payloadLen);
  const cells = [
    ["file", row.file],
    ["number", String(row.offset)],
    ["type", type],
    ["number txid", row.txid],
    ["key", line(row.key, row.keyLen)],
    ["value", value],
  ] as const;
  for (const [name, text] of cells) {
    const cell = make("span", name, text);
    cell.setAttribute("role", "gridcell");
    made.append(cell);
  }
  made.addEventListener("click", () => choose(at));
  return made;
}

function line(bytes: Uint8Array, len: number): string {
  const text = showBytes(bytes, form.value === "json" ? "auto" : (form.value as Form)).replace(/\s+/g, " ");
  return bytes.length < len ? `${text} ... (${len} bytes)` : text;
}

function choose(at: number): void {
  if (rowCount === 0) return;
  chosen = Math.max(0, Math.min(rowCount - 1, at));
  const whole = Math.floor(table.clientHeight / ROW_PX);
  const target = chosen < first ? chosen : chosen >= first + whole ? chosen - whole + 1 : first;
  if (target !== first) {
    table.scrollTop = (target / Math.max(1, rowCount - whole)) * (table.scrollHeight - table.clientHeight);
    first = target;
    ask({ kind: "rows", from: first, to: Math.min(rowCount, first + visible()) });
  } else draw(shown.from, shown.rows);
  ask({ kind: "detail", at: chosen });
}

function showDetail(detail: Detail): void {
  detailed = detail;
  const { row, key, payload, bytes, crc } = detail;
  const facts = make("dl", "");
  const told = row.trouble
    ? { file: row.file, offset: row.offset, bytes: row.len, damage: row.trouble, detail: crc }
    : { file: row.file, offset: row.offset, bytes: row.len, type: row.type, txid: row.txid, CRC: crc };
  const beyond = row.isBeyond ? { note: "beyond damage: a reader of the log does not come here" } : {};
  for (const [name, value] of Object.entries({ ...told, ...beyond }))
    facts.append(make("dt", "", name), make("dd", "", String(value)));
  const parts: HTMLElement[] = [facts];
  if (!row.trouble) {
    parts.push(
      make("h2", "", `Key, ${row.keyLen} bytes`),
      make("pre", "", showBytes(key, form.value as Form)),
    );
    const cut = payload.length < row.payloadLen ? `, the first ${payload.length} shown` : "";
    parts.push(make("h2", "", `Value, ${row.payloadLen} bytes${cut}`));
    parts.push(make("pre", "", showBytes(payload, form.value as Form)));
  }
  const dumped = bytes.subarray(0, HEX_BYTES);
  parts.push(make("h2", "", `Bytes${dumped.length < row.len ? `, the first ${dumped.length}` : ""}`));
  const dump = make("pre", "hex", hexDump(dumped, row.offset));
  dump.tabIndex = 0;
  parts.push(dump);
  element("detail").replaceChildren(...parts);
}

function make(tag: string, className: string, text = ""): HTMLElement {
  const made = document.createElement(tag);
  made.className = className;
  made.textContent = text;
  return made;
}

const STEPS: Readonly<Record<string, () => number>> = {
  ArrowDown: () => chosen + 1,
  ArrowUp: () => chosen - 1,
  PageDown: () => chosen + visible(),
  PageUp: () => chosen - visible(),
  Home: () => 0,
  End: () => rowCount - 1,
};
table.addEventListener("keydown", (event) => {
  const step = STEPS[event.key];
  if (!step) return;
  event.preventDefault();
  choose(step());
});
table.addEventListener("scroll", () => requestAnimationFrame(request));
addEventListener("resize", request);

const filter = () => ask({ kind: "filter", text: search.value, onlyTrouble: trouble.checked });
element("filter").addEventListener("submit", (event) => {
  event.preventDefault();
  filter();
});
search.addEventListener("change", filter);
trouble.addEventListener("change", filter);
form.addEventListener("change", () => {
  draw(shown.from, shown.rows);
  if (detailed) showDetail(detailed);
});

/** Segments in the order of their names; of a folder nothing else. A file that was chosen alone may have any name. */
function open(files: readonly File[]): void {
  const segments = files.filter(({ name }) => /^\d{8}\.dwal$|\.cut-\d+$/.test(name));
  const wanted = segments.length > 0 ? segments : files;
  if (wanted.length === 0) return;
  status.textContent = "reading";
  ask({ kind: "open", files: wanted.toSorted((a, b) => (a.name < b.name ? -1 : 1)) });
}

for (const id of ["files", "folder"])
  element<HTMLInputElement>(id).addEventListener("change", ({ target }) =>
    open([...((target as HTMLInputElement).files ?? [])]),
  );

addEventListener("dragover", (event) => {
  event.preventDefault();
  document.body.classList.add("over");
});
addEventListener("dragleave", () => document.body.classList.remove("over"));
addEventListener("drop", (event) => {
  event.preventDefault();
  document.body.classList.remove("over");
  const entries = [...(event.dataTransfer?.items ?? [])].map((item) => item.webkitGetAsEntry());
  void Promise.all(entries.map((entry) => (entry ? filesIn(entry) : []))).then((files) => open(files.flat()));
});

/** Of a folder the files that lie in it, not in folders within. */
async function filesIn(entry: FileSystemEntry): Promise<File[]> {
  if (entry.isFile) return [await fileOf(entry as FileSystemFileEntry)];
  const reader = (entry as FileSystemDirectoryEntry).createReader();
  const files: File[] = [];
  for (;;) {
    const some = await new Promise<FileSystemEntry[]>((resolve, reject) =>
      reader.readEntries(resolve, reject),
    );
    if (some.length === 0) return files;
    for (const one of some) if (one.isFile) files.push(await fileOf(one as FileSystemFileEntry));
  }
}

const fileOf = (entry: FileSystemFileEntry) =>
  new Promise<File>((resolve, reject) => entry.file(resolve, reject));
