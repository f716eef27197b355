// The disk of the model of groups. A file is a row of cells, a frame lies in one to three of them, and a
// power cut keeps any subset of the cells that were not synced: more than any subset of sectors, since
// several frames share a sector. Of names any subset of the changes survives that were made since the
// directory was last synced.

import { bad } from "./explore.mjs";

export class CellDisk {
  constructor(c) {
    this.c = c;
    this.names = new Map();
    this.durable = new Map();
    this.pending = [];
  }
  create(name) {
    if (this.names.has(name)) bad("exclusive", `${name} exists`);
    const f = { cells: [], disk: [], dirty: new Set(), error: false };
    this.names.set(name, f);
    this.pending.push(["link", name, f]);
    return f;
  }
  unlink(name) {
    this.names.delete(name);
    this.pending.push(["unlink", name]);
  }
  rename(from, to) {
    const f = this.names.get(from);
    this.names.delete(from);
    this.names.set(to, f);
    this.pending.push(["rename", from, f, to]);
  }
  syncDirectory() {
    for (const change of this.pending) this.#make(change);
    this.pending = [];
  }
  #make([kind, name, f, to]) {
    if (kind === "link") this.durable.set(name, f);
    else this.durable.delete(name);
    if (kind === "rename") this.durable.set(to, f);
  }
  append(f, cell) {
    f.dirty.add(f.cells.length);
    f.cells.push(cell);
  }
  truncate(f, size) {
    if (f.cells.length <= size) return;
    f.cells.length = size;
    for (const i of f.dirty) if (i >= size) f.dirty.delete(i);
  }
  /** Whether it succeeded. Cells whose write-back has failed before are clean, and stay as they are. */
  sync(f) {
    if (f.error) {
      f.error = false;
      return false;
    }
    for (const i of f.dirty) f.disk[i] = f.cells[i];
    f.disk.length = f.cells.length;
    f.dirty.clear();
    return true;
  }
  failWriteBack(f) {
    for (const i of f.dirty)
      if (this.c.chance(0.5)) {
        f.dirty.delete(i);
        f.error = true;
      }
  }
  /** A process has died: somebody may have been told of a failure in its place, and pages may be dropped. */
  kill() {
    for (const f of this.names.values()) {
      if (f.error && this.c.chance(0.5)) f.error = false;
      for (let i = 0; i < f.cells.length; i++)
        if (!f.dirty.has(i) && f.cells[i] !== f.disk[i] && this.c.chance(0.3)) f.cells[i] = f.disk[i] ?? null;
    }
  }
  /** @param stale What a lost cell may show instead of nothing. */
  power(stale) {
    for (const change of this.pending) if (this.c.chance(0.5)) this.#make(change);
    this.pending = [];
    this.names = new Map(this.durable);
    for (const f of this.names.values()) {
      const [a, b] = [f.disk.length, f.cells.length].sort((x, y) => x - y);
      const size = a + this.c.pick(b - a + 1);
      const kept = [];
      for (let i = 0; i < size; i++) {
        const old = f.disk[i] ?? null;
        if (!f.dirty.has(i)) kept.push(old);
        else kept.push(this.c.chance(0.6) ? f.cells[i] : (stale(f.cells[i]) ?? old));
      }
      f.cells = kept;
      f.disk = kept.slice();
      f.dirty.clear();
      f.error = false;
    }
  }
  segments() {
    return [...this.names.keys()].filter((name) => typeof name === "number").sort((a, b) => a - b);
  }
  clone() {
    const copy = new CellDisk(this.c);
    const files = new Map();
    const of = (f) => {
      if (!files.has(f))
        files.set(f, { ...f, cells: f.cells.slice(), disk: f.disk.slice(), dirty: new Set(f.dirty) });
      return files.get(f);
    };
    for (const [name, f] of this.names) copy.names.set(name, of(f));
    for (const [name, f] of this.durable) copy.durable.set(name, of(f));
    copy.pending = this.pending.map(([kind, name, f, to]) => [kind, name, f && of(f), to]);
    return { copy, files };
  }
}

/** The cells of a frame. */
export function cellsOf(f) {
  return Array.from({ length: f.size }, (_, p) => ({ f, p }));
}

/** The frame that begins at a cell, if all of it is there. Frames of the same content are the same object. */
export function frameAt(cells, o) {
  const f = cells[o]?.f;
  if (!f) return undefined;
  for (let p = 0; p < f.size; p++) if (cells[o + p]?.f !== f || cells[o + p].p !== p) return undefined;
  return f;
}
