// Executable model of atomic groups: a head (a Delete of a reserved key that lists the CRCs of the frames
// behind it) and its records, with compaction in place (design B of model.mjs), repairs and their journals,
// readers and a follower at every step, and the reference as another writer, to whom a head is a tombstone of
// a key that never was.
//
//   node groups.mjs random  [runs=20000] [seed=1] [first=1] [rule=value ...]   random exploration
//   node groups.mjs small   [SCOPE] [cap=100000] [first=1] [rule=value ...]    small scopes, exhaustively
//   node groups.mjs walk    [SCOPE] [runs=20000] [seed=1] [rule=value ...]     the same scopes at random
//   node groups.mjs mutants [runs=20000] [only=rule]                   each rule left out: is it found?
//   node groups.mjs story   seed=N [tail=60] [rule=value ...]          one random run, told step by step
//
// Checked: whoever looks sees the state behind a whole operation, a group being one; what was acknowledged is
// there; txids do not start again; a compaction changes no pair; nothing that the reference has acknowledged
// is lost, or it is in quarantine where the reference appended it behind a tear; our own crashes never look
// as damage to synced data. Excepted: what stands of a group behind which the reference has appended or
// rotated is applied as it lies.
//
// Not modelled: the marker and its warnings, listings that are not one moment, descriptors that stay open,
// bit rot, full disks, hard links, bytes within a cell, groups that are read twice (validated, then
// replayed).

import { CellDisk, cellsOf, frameAt } from "./cells.mjs";
import { allRuns, argumentsOf, bad, Rng, randomRuns } from "./explore.mjs";

export const RULES = {
  groups: true, // (nothing else holds without)
  headFirst: true, // the head is written before its records
  list: true, // frames behind a head are compared with its list
  numbering: "two", // txids of records: 'two' = the last one's plus two | 'headLast' | 'plain' = plus one
  oneSegment: true, // rotated before a group that does not fit, never within
  poison: true, // an interrupted write closes the handle
  keyDirLate: true, // the key directory changes when the whole group is written
  cutAt: "head", // 'record' = the log ends behind the last whole record
  foreignKept: true, // frames of another writer behind a part of a group are applied
  foreignTxid: true, // ... if one of them has the txid that another writer gave the first
  sealed: "applied", // a part of a group at the end of a sealed segment: 'applied' | 'refused' | 'hidden'
  note: true, // what no sync has proven is appended again
  cutSync: true, // a cut is synced
  journalFirst: true, // the journal of an interrupted repair is applied before anything is read
  notedFirst: true, // the note is written before a journal goes: who has looked meanwhile finds it changed
  journalWhole: true, // a journal ends before the head of a group that is cut
  journalGone: true, // the removal of a journal is synced (decision 8 alone would keep what it would undo)
  journalKeepsForeign: true, // foreign frames behind the proven size go to its end (decision 8)
  journalEnd: true, // ... but no part of a group that ends the segment: it is what the repair has cut
  sealSynced: true, // a segment is synced before the next one begins
  noteSynced: false, // (instead of readerJournal) compaction: the note is synced before a victim goes
  copiesSynced: true, // compaction: the active segment is synced before a victim goes
  sameTurn: true, // ... a look and the append that follows it
  newest: "bare", // ... for the largest txid, where its record is needed no more: 'bare' = a tombstone of the
  // reserved key | 'same' = that record | 'dropped' = nothing for a head
  tombHead: false, // ... behind a segment that was left heads are appended again as tombstones are
  keepNewest: true,
  readerHides: true, // a reader takes a part of a group at the end for one in flight
  readerBefore: true, // ... and stays before its head
  readerProof: true, // a position is kept if the frame before it still stands
  readerUnmet: true, // keys that point into a segment that is gone are deleted (found in model.mjs)
  readerAgain: true, // what was read while `.lock` or the journals changed is read again
  readerJournal: true, // where a journal waits, its records are the segment's end, for readers too
};

const K = 3;
const NAMES = "abc";

// ---------------------------------------------------------------- what a log's frames mean

/**
 * The frames of a segment from a place on, as runs that are applied in one go.
 *
 * @param last Whether it is the last segment: a part of a group at its end is cut, or in flight.
 * @param looks Whether a reader looks, beside whom the file may change between two frames.
 */
export function* scan(file, from, r, { last, looks = false }) {
  const runs = [];
  let end = from;
  let cut;
  while (!cut) {
    const f = frameAt(file.cells, end);
    if (looks) yield;
    if (!f) break;
    if (f.t !== "H" || !r.groups) {
      runs.push([[f, end]]);
      end += f.size;
      continue;
    }
    const got = [[f, end]];
    let q = end + f.size;
    let other;
    let short = false;
    for (const listed of f.list) {
      const g = frameAt(file.cells, q);
      if (looks) yield;
      short = !g;
      if (g && g !== listed && r.list) other = g;
      if (short || other) break;
      got.push([g, q]);
      q += g.size;
    }
    if (other && last) {
      // Ours gives no record that txid, nor has an old frame it that a lost cell shows.
      const foreignTxid = Math.max(...[...runs.flat(), ...got].map(([g]) => g.x)) + 1;
      let at = q;
      let g = other;
      for (; g && g.x !== foreignTxid; g = frameAt(file.cells, at)) at += g.size;
      const isNext = g !== undefined;
      if (!r.foreignKept || (r.foreignTxid && !isNext)) {
        short = true;
        other = undefined;
      }
    }
    if (short && last) {
      cut = { head: f, offset: end, got };
      if (r.cutAt === "record" || (looks && !r.readerHides)) runs.push(got);
      if (r.cutAt === "record" || (looks && !r.readerBefore)) end = q;
      continue;
    }
    if (short && r.sealed === "refused") bad("unopenable", "a sealed segment ends within a group");
    if (!short || r.sealed !== "hidden") runs.push(got);
    end = q;
  }
  return { runs, end, cut };
}

/** Applies a record to a state, an array of values by key; 0 is none. */
function apply(state, { t, k, v }) {
  if (k >= 0 && t !== "H") state[k] = t === "P" ? v : 0;
  return state;
}
const take = (gen) => {
  for (;;) {
    const step = gen.next();
    if (step.done) return step.value;
  }
};
const valueAt = (place) => place?.v ?? 0;

// ---------------------------------------------------------------- the world, and the writer that is ours
export class World {
  constructor(c, rules, o = {}) {
    this.c = c;
    this.r = rules;
    this.o = { segmax: 8, failures: false, ...o };
    this.disk = new CellDisk(c);
    this.frames = new Map();
    this.value = 0;
    this.states = ["0,0,0"]; // behind each operation, in the order of the log
    this.acked = 0; // the last of them that may not be lost
    this.floor = 0; // the largest txid that may not be lost
    this.seen = ["0,0,0"]; // what whoever looks may see, in time
    this.blurredAt = 0;
    this.blurs = 0;
    this.opening = 0; // how often the store was opened: the first line of `.lock`
    this.notes = [null]; // what the note was since the last power cut
    this.parts = new Set(); // states with a part of a group that are excepted
    this.tried = []; // the records of the group that was tried last
    this.theirs = new Set(); // frames of the reference
    this.behindTear = []; // what the reference has appended where its own next open does not see it
    this.mixed = false; // the reference has appended behind more than our log: txids need not ascend
    this.grave = [];
    this.writer = undefined;
    this.stats = {};
    this.told = [];
    this.disk.create(1);
    this.disk.syncDirectory();
    take(this.open());
  }
  count(what) {
    this.stats[what] = (this.stats[what] ?? 0) + 1;
  }
  say(text) {
    if (this.o.story) this.told.push(`${text}   ${this.dump()}`);
  }
  dump() {
    const show = (cell) => {
      if (!cell) return "_";
      const { t, k, x, list } = cell.f;
      return cell.p > 0 ? "." : `${t}${t === "H" ? list.length : (NAMES[k] ?? "-")}${x}`;
    };
    const rest = [...this.disk.names.keys()].filter((name) => typeof name === "string").join(" ");
    const of = (id) => `${id}[${this.disk.names.get(id).cells.map(show).join(" ")}]`;
    return `${this.disk.segments().map(of).join(" ")} ${rest}`;
  }
  /** Frames of the same content are one object, as their bytes and CRCs are the same. */
  frame(t, k, v, x, size, list = []) {
    const key = [t, k, v, x, size, ...list.map((f) => f.key)].join();
    if (!this.frames.has(key)) this.frames.set(key, { t, k, v, x, size, list, key });
    return this.frames.get(key);
  }
  record(t, k) {
    // A Delete has a value, too: two of one key and txid at one place would be one frame to who has a place.
    return { t, k, v: ++this.value, size: 1 + this.c.pick(2) };
  }
  commit(records) {
    const state = this.states.at(-1).split(",").map(Number);
    for (const each of records) apply(state, each);
    this.states.push(state.join());
    this.seen.push(state.join());
  }

  // ---- writing
  get active() {
    return this.disk.names.get(this.writer.ids.at(-1));
  }
  note(id, file, size) {
    this.notes.push({ id, file, size });
  }
  acknowledge(upTo, txid) {
    this.acked = Math.max(this.acked, upTo);
    this.floor = Math.max(this.floor, txid);
  }
  fails() {
    return this.o.failures && this.c.chance(0.04);
  }
  poisoned(why) {
    this.say(`! ${why}`);
    if (this.r.poison) this.writer.isPoisoned = true;
    return false;
  }
  /** One write. Whoever looks sees it grow; what follows the last cell happens in the same turn. */
  *write(frames) {
    const { writer, active } = this;
    const cells = frames.flatMap(cellsOf);
    const before = writer.key.slice();
    let o = active.cells.length;
    const places = frames.map((f) => {
      o += f.size;
      return { f, o: o - f.size };
    });
    if (!this.r.keyDirLate) this.enter(places);
    for (const [i, cell] of cells.entries()) {
      if (i > 0) yield "writing";
      if (i > 0 && this.fails()) return this.poisoned("the write was cut short");
      this.disk.append(active, cell);
    }
    writer.key = before;
    this.enter(places);
    return true;
  }
  enter(places) {
    const { writer } = this;
    const seg = writer.ids.at(-1);
    for (const { f, o } of places) {
      if (f.t === "P") writer.key[f.k] = { seg, o, v: f.v };
      else if (f.k >= 0) writer.key[f.k] = undefined;
      writer.newest = { f, seg, o };
    }
  }
  *room(size) {
    const used = this.active.cells.length;
    if (used > 0 && used + size > this.o.segmax) yield* this.rotate();
    return !this.writer.isPoisoned;
  }
  *append({ t, k, v, size, list }, isCopy = false) {
    if (!(yield* this.room(size))) return false;
    const f = this.frame(t, k, v, this.writer.next++, size, list);
    if (!(yield* this.write([f]))) return false;
    if (!isCopy) this.commit([f]);
    this.say(`${isCopy ? "copy of " : ""}${t} ${NAMES[k] ?? "-"}`);
    return true;
  }
  *group(records) {
    const { r } = this;
    const n = records.length;
    const headSize = n > 2 ? 2 : 1;
    if (!(yield* this.room(headSize + records.reduce((sum, each) => sum + each.size, 0)))) return;
    const x = this.writer.next;
    const txid = { plain: (j) => x + j + 1, two: (j) => x + 2 * (j + 1), headLast: (j) => x + j }[
      r.numbering
    ];
    const list = records.map(({ t, k, v, size }, j) => this.frame(t, k, v, txid(j), size));
    const head = this.frame("H", -1, 0, r.numbering === "headLast" ? x + n : x, headSize, list);
    this.writer.next = Math.max(head.x, list.at(-1).x) + 1;
    this.tried = records;
    this.count("groups");
    const frames = r.headFirst ? [head, ...list] : [...list, this.frame("H", -1, 0, head.x, headSize)];
    if (r.oneSegment || !this.c.chance(0.3)) {
      if (!(yield* this.write(frames))) return;
    } else {
      if (!(yield* this.write(frames.slice(0, 2)))) return;
      this.commit([]);
      yield* this.rotate();
      if (this.writer.isPoisoned || !(yield* this.write(frames.slice(2)))) return;
    }
    this.commit(records);
    this.say(`group of ${n}`);
  }
  *sync() {
    const { writer, active } = this;
    const upTo = this.states.length - 1;
    const txid = writer.newest?.f.x ?? 0;
    const size = active.cells.length;
    if (!this.disk.sync(active)) return this.poisoned("sync failed");
    yield "synced";
    this.note(writer.ids.at(-1), active, size);
    yield "noted";
    this.acknowledge(upTo, txid);
    this.say("fsync");
    return true;
  }
  *rotate() {
    if (this.r.sealSynced && !(yield* this.sync())) return;
    const id = this.writer.ids.at(-1) + 1;
    this.disk.create(id);
    yield "created";
    this.disk.syncDirectory();
    this.writer.ids.push(id);
    this.note(id, this.active, 0);
    this.say("rotate");
  }

  // ---- compaction in place: what is needed of a victim is appended again, record by record
  framesOf(id) {
    return take(scan(this.disk.names.get(id), 0, { ...this.r, groups: false }, { last: false })).runs.flat();
  }
  pointsTo(f, id, o) {
    const place = f.t === "P" && this.writer.key[f.k];
    return !!place && place.seg === id && place.o === o;
  }
  isNewest(id, o) {
    const { newest } = this.writer;
    return newest?.seg === id && newest.o === o;
  }
  hasWaste(id) {
    const isWaste = ([f, o]) =>
      (f.t === "P" && !this.pointsTo(f, id, o)) || (f.t === "D" && !this.isNewest(id, o));
    return this.framesOf(id).some(isWaste);
  }
  *compact(skips) {
    const { disk, r, writer } = this;
    this.count("compactions");
    if (this.hasWaste(writer.ids.at(-1))) yield* this.rotate();
    let left = false;
    for (const id of writer.ids.slice(0, -1)) {
      if (writer.isPoisoned) return;
      const isEmpty = disk.names.get(id).cells.length === 0;
      if (!isEmpty && !this.hasWaste(id)) continue;
      if (skips && !isEmpty && this.c.chance(0.4)) {
        left = true;
        continue;
      }
      for (const [f, o] of this.framesOf(id)) {
        const needed = this.needed(f, id, o, left);
        if (!r.sameTurn) yield "free";
        if (needed && !(yield* this.append(needed, true))) return;
        yield "free";
        if (writer.isPoisoned) return;
      }
      if (r.copiesSynced && !(yield* this.sync())) return;
      if (writer.isPoisoned) return;
      if (r.noteSynced) this.notes = this.notes.slice(-1);
      this.grave.push(
        ...this.framesOf(id)
          .map(([f]) => f)
          .filter((f) => f.size === 1),
      );
      disk.unlink(id);
      writer.ids.splice(writer.ids.indexOf(id), 1);
      this.say(`removed ${id}`);
      this.count("victims");
      yield "unlinked";
      disk.syncDirectory();
      yield "free";
    }
  }
  /** What is appended in the place of a victim's frame, if anything. */
  needed(f, id, o, left) {
    const { r } = this;
    const bare = { t: "D", k: -1, v: 0, size: 1 };
    if (this.pointsTo(f, id, o)) return f;
    const isNewest = r.keepNewest && this.isNewest(id, o);
    const isGone = f.t === "D" && f.k >= 0 && !this.writer.key[f.k];
    if (isGone && (left || isNewest)) return f;
    // It need not lie last: as it is it would stand behind what has superseded it.
    if (isNewest) return { bare, same: f, dropped: f.t === "H" ? undefined : bare }[r.newest];
    return f.t === "H" && left && r.tombHead ? f : undefined;
  }

  // ---- opening
  *open() {
    const { disk, r } = this;
    this.opening++;
    this.blur();
    disk.syncDirectory();
    yield "open: directory synced";
    for (const name of [...disk.names.keys()]) if (String(name).endsWith(".new")) disk.unlink(name);
    if (r.journalFirst)
      for (const name of this.journals()) if (!(yield* this.finishRepair(name))) return false;
    const ids = disk.segments();
    const writer = { ids, key: new Array(K).fill(undefined), next: 1, isPoisoned: false, newest: undefined };
    const all = [];
    for (const id of ids.slice(0, -1)) {
      const file = disk.names.get(id);
      const { runs, end } = take(scan(file, 0, r, { last: false }));
      if (end !== file.cells.length) bad("unopenable", `sealed segment ${id} is torn: ${this.dump()}`);
      all.push(...runs.flat().map(([f, o]) => [f, o, id]));
    }
    const id = ids.at(-1);
    const file = disk.names.get(id);
    const note = this.notes.at(-1);
    const noted = note && note.id === id && note.file === file ? note.size : undefined;
    if (noted === undefined) this.note(id, file, 0);
    const isSynced = disk.sync(file);
    if (noted === undefined && isSynced) this.notes.push(note);
    yield "open: active synced";
    const proven = r.note ? (noted ?? (isSynced ? Number.POSITIVE_INFINITY : 0)) : Number.POSITIVE_INFINITY;
    const { runs, end, cut } = take(scan(file, 0, r, { last: true }));
    all.push(...runs.flat().map(([f, o]) => [f, o, id]));
    const size = file.cells.length;
    if (cut) this.count("cut groups");
    if (noted > end) bad("false alarm", `${noted} cells were synced, the log ends at ${end}: ${this.dump()}`);
    // What was seen may be lost by now, where a write-back failed.
    if (end < size) this.blur();
    if (end < size)
      yield* this.publish(this.quarantineName(id, end), { id, o: end, cells: file.cells.slice(end) });
    if (proven < end) {
      const journalEnd = r.journalWhole ? end : size;
      yield* this.publish(`T${id}`, { o: proven, cells: file.cells.slice(proven, journalEnd) });
      if (!(yield* this.applyJournal(`T${id}`))) return false;
    } else if (end < size) {
      disk.truncate(file, end);
      yield "open: cut";
      if (r.cutSync && !disk.sync(file)) return false;
    }
    if (!r.journalFirst)
      for (const name of this.journals()) if (!(yield* this.finishRepair(name))) return false;
    this.note(id, file, end);
    for (const [f, o, seg] of all) {
      if (f.t === "P") writer.key[f.k] = { seg, o, v: f.v };
      else if (f.k >= 0) writer.key[f.k] = undefined;
      if (!this.mixed && r.numbering !== "headLast" && writer.newest && f.x <= writer.newest.f.x)
        bad("txid", `record ${f.x} behind ${writer.newest.f.x}: ${this.dump()}`);
      if (f.x > (writer.newest?.f.x ?? 0)) writer.newest = { f, seg, o };
    }
    writer.next = 1 + Math.max(0, ...all.map(([f]) => f.x));
    this.verify(writer);
    this.writer = writer;
    this.count("opens");
    this.say("opened");
    return true;
  }
  verify(writer) {
    const state = writer.key.map(valueAt).join();
    const at = this.states.lastIndexOf(state);
    if (at < this.acked)
      bad(
        "state",
        `opened as ${state} (${at}, acked ${this.acked}) of ${this.states.join(" | ")}; ${this.dump()}`,
      );
    if (writer.next - 1 < this.floor)
      bad("txid", `the largest txid is ${writer.next - 1}, ${this.floor} was durable: ${this.dump()}`);
    this.states.length = at + 1;
    this.acknowledge(at, writer.next - 1);
    this.seen.push(state);
    const kept = [...this.disk.names.values()].flatMap(({ cells }) => cells[0]?.content?.cells ?? []);
    for (const f of this.behindTear)
      if (!kept.some((cell) => cell?.f === f))
        bad("foreign", `${f.key}, appended behind a tear and synced, is in no quarantine: ${this.dump()}`);
  }
  quarantineName(id, o) {
    let n = 0;
    while (this.disk.names.has(`Q${id}-${o}-${n}`)) n++;
    return `Q${id}-${o}-${n}`;
  }
  *publish(name, content) {
    const { disk } = this;
    const temporary = `${name}.new`;
    if (disk.names.has(temporary)) disk.unlink(temporary);
    const file = disk.create(temporary);
    disk.append(file, { content });
    disk.sync(file);
    yield `${temporary} written`;
    disk.rename(temporary, name);
    yield `${name} renamed`;
    disk.syncDirectory();
    yield `${name} published`;
  }
  journals() {
    return [...this.disk.names.keys()].filter((name) => /^T\d+$/.test(name));
  }
  contentOf(name) {
    return this.disk.names.get(name).cells[0].content;
  }
  *finishRepair(name) {
    yield* this.keepForeign(name);
    return yield* this.applyJournal(name);
  }
  *applyJournal(name) {
    const { disk, r } = this;
    const id = Number(name.slice(1));
    const file = disk.names.get(id);
    const { o, cells } = this.contentOf(name);
    if (!r.readerJournal) this.blur();
    disk.truncate(file, o);
    yield "journal: cut";
    for (const cell of cells) {
      disk.append(file, cell);
      yield "journal: appending";
    }
    if (r.cutSync && !disk.sync(file)) return false;
    yield "journal: synced";
    if (r.notedFirst) this.note(id, file, file.cells.length);
    disk.unlink(name);
    if (r.journalGone) disk.syncDirectory();
    yield "journal: gone";
    this.note(id, file, file.cells.length);
    return true;
  }
  *keepForeign(name) {
    const id = Number(name.slice(1));
    const { journal, foreign, rest, restAt } = this.foreignBehind(name);
    if (!this.r.journalKeepsForeign || !foreign) return;
    if (rest.length > 0) {
      const o = journal.o + restAt;
      yield* this.publish(this.quarantineName(id, o), { id, o, cells: rest });
    }
    if (foreign.length === 0) return;
    this.count("journals extended");
    yield* this.publish(name, { ...journal, cells: [...journal.cells, ...foreign.flatMap(cellsOf)] });
  }
  /** What another program has appended while a journal waited, and what else stands there (decision 8). */
  foreignBehind(name) {
    const { disk, r } = this;
    const id = Number(name.slice(1));
    const journal = this.contentOf(name);
    const tail = { cells: disk.names.get(id).cells.slice(journal.o) };
    const isSame = (a, b) => a?.f === b?.f && a?.p === b?.p;
    const parts = tail.cells.findIndex((cell, i) => !cell || !isSame(cell, journal.cells[i]));
    if (parts < 0) return { journal };
    const plain = { ...r, groups: false };
    let start = 0;
    for (const [f, o] of take(scan(tail, 0, plain, { last: true })).runs.flat())
      if (o + f.size <= parts) start = o + f.size;
    const { runs, end, cut } = take(scan(tail, start, r.journalEnd ? r : plain, { last: true }));
    const isJournaled = ([f, o]) => cellsOf(f).every((cell, p) => isSame(cell, journal.cells[o + p]));
    const found = runs.flat().filter((each) => !isJournaled(each));
    const before = disk.segments().filter((each) => each < id);
    const here = this.framesOf(id).filter(([, o]) => o < journal.o + start);
    const txids = [...before.flatMap((each) => this.framesOf(each)), ...here].map(([f]) => f.x);
    const next = Math.max(0, ...txids) + 1;
    const isNext = found[0]?.[0].x === next;
    const follows = isNext || (found.length === 0 && cut?.head.x === next);
    const part = cut && follows ? cut.got.map(([f]) => f) : undefined;
    const restAt = isNext ? end : start;
    const quarantined = [...disk.names.keys()].filter((each) => new RegExp(`^Q${id}-.*\\d$`).test(each));
    const kept = [journal, ...quarantined.map((each) => this.contentOf(each))];
    const isLeft = (cell, i) =>
      !cell || kept.some(({ o, cells }) => isSame(cell, cells[journal.o + restAt + i - o]));
    const rest = tail.cells.slice(restAt);
    const known = take(scan(journal, 0, plain, { last: true })).runs.flat();
    const isKnown = (_, at) => known.slice(at).every(([f], i) => i >= found.length || f === found[i][0]);
    const at = isNext ? known.findIndex(isKnown) : -1;
    const foreign = isNext ? found.slice(at < 0 ? 0 : known.length - at).map(([f]) => f) : [];
    return { journal, foreign, part, restAt, rest: rest.every(isLeft) ? [] : rest };
  }

  // ---- the reference
  /** What it takes the log to be; `undefined` where it cannot open it. */
  foreignView() {
    const { disk } = this;
    const state = new Array(K).fill(0);
    let max = 0;
    let end = 0;
    const ids = disk.segments();
    for (const id of ids) {
      const { cells } = disk.names.get(id);
      const frames = this.framesOf(id);
      end = frames.reduce((sum, [f]) => sum + f.size, 0);
      for (const [f] of frames) {
        apply(state, f);
        max = Math.max(max, f.x);
      }
      if (end < cells.length && (id !== ids.at(-1) || !cells[end])) return undefined;
    }
    const isTorn = end < disk.names.get(ids.at(-1)).cells.length;
    return { id: ids.at(-1), state: state.join(), max, isTorn };
  }
  /** What we would open the log as now: what the reference appends goes behind that. */
  peek() {
    const { copy, files } = this.disk.clone();
    const twin = Object.create(World.prototype);
    Object.assign(twin, this, { disk: copy, o: { ...this.o, failures: false, story: false }, stats: {} });
    twin.states = this.states.slice();
    twin.seen = [];
    twin.notes = this.notes.map((note) => note && { ...note, file: files.get(note.file) });
    for (const f of files.values()) f.error = false;
    take(twin.open());
    return twin.states.length - 1;
  }
  *foreign() {
    const { disk, c } = this;
    this.notes.push(null);
    const view = this.foreignView();
    if (!view || (view.isTorn && c.chance(0.5))) return;
    disk.syncDirectory(); // it does not: that it may leave a hole in the ids has nothing to do with groups
    yield "the reference opens";
    let { id, max } = view;
    let hasBegun = false;
    let given = 0; // the last txid that is in the log
    let part;
    const torn = []; // appended behind a tear, and not synced
    const begin = () => {
      if (hasBegun) return;
      hasBegun = true;
      // That a cut which is not synced may come back behind what it appends has nothing to do with groups.
      const file = disk.names.get(id);
      if (file.disk.length > file.cells.length) file.disk.length = file.cells.length;
      this.count("foreign");
      const isPending = this.journals().length > 0;
      this.states.length = this.peek() + 1;
      const state = this.states.at(-1);
      if (isPending) {
        this.mixed = true;
        const name = `T${id}`;
        const cut = disk.names.has(name) && this.foreignBehind(name).part;
        if (cut) part = cut.reduce(apply, state.split(",").map(Number)).join();
      } else if (!view.isTorn && view.state !== state) part = view.state;
      if (!part) return;
      this.mixed = true; // what it has appended behind may be old frames that a power cut has shown
      this.parts.add(part);
      this.count("parts kept");
    };
    const again = this.tried;
    for (let ops = 1 + c.pick(4); ops > 0; ops--) {
      const q = c.pick(this.o.foreignOps ?? 5);
      if (q === 1) {
        disk.sync(disk.names.get(id));
        disk.syncDirectory();
        if (hasBegun) this.acknowledge(this.states.length - 1, given);
        this.behindTear.push(...torn.splice(0));
        this.say("the reference syncs");
      } else if (q === 2) {
        if (view.isTorn) continue;
        begin();
        disk.sync(disk.names.get(id));
        const upTo = this.states.length - 1;
        disk.create(++id);
        // Where a journal waits the part will be cut: nothing has been appended behind it.
        if (part && this.journals().length === 0) {
          this.states.push(part);
          this.seen.push(part);
        }
        part = undefined;
        this.seen.push(this.foreignView().state);
        this.say("the reference rotates");
        yield "the reference has created";
        disk.syncDirectory();
        this.acknowledge(upTo, 0);
      } else {
        begin();
        // It may do again what our process was about to do when it died.
        const record =
          again.length && q === 0 ? again.shift() : this.record(c.pick(3) ? "P" : "D", c.pick(K));
        const f = this.frame(record.t, record.k, record.v, max + 1, record.size);
        this.theirs.add(f);
        for (const [i, cell] of cellsOf(f).entries()) {
          if (i > 0) yield "the reference appends";
          disk.append(disk.names.get(id), cell);
        }
        max = f.x;
        this.say("the reference appends");
        if (view.isTorn) torn.push(f);
        else {
          given = max;
          const state = (part ?? this.states.at(-1)).split(",").map(Number);
          this.states.push(apply(state, f).join());
          this.seen.push(this.foreignView().state, this.states.at(-1));
          part = undefined;
        }
      }
      yield "the reference goes on";
    }
  }
  /** A store is copied by `compactTo`, ours or the reference's, and the copy put in its place. */
  compactTo(isForeign) {
    if (this.journals().length > 0 || this.behindTear.length > 0) return;
    const view = this.foreignView();
    if (!isForeign) take(this.open());
    else if (!view || view.isTorn) return;
    else this.states.length = this.peek() + 1;
    const state = isForeign ? view.state : this.writer.key.map(valueAt).join();
    this.states.push(state);
    this.seen.push(state);
    this.acked = this.states.length - 1;
    this.disk = new CellDisk(this.c);
    const file = this.disk.create(1);
    let x = 0;
    for (const [k, v] of state.split(",").map(Number).entries())
      if (v) for (const cell of cellsOf(this.frame("P", k, v, ++x, 1))) this.disk.append(file, cell);
    this.disk.sync(file);
    this.disk.syncDirectory();
    Object.assign(this, { notes: [null], floor: x, grave: [], mixed: false, writer: undefined });
    this.say(`compacted to another store${isForeign ? " by the reference" : ""}`);
    this.count("compactTo");
  }

  // ---- what befalls it
  /** A crash and a repair may take the log back, as far as a note proves, and on again. */
  blur() {
    this.blurredAt = this.seen.length;
    this.blurs++;
    this.seen.push(...this.states);
  }
  /** Both lines of `.lock`: they change with every opening, and with every repair that is done. */
  get lockText() {
    return `${this.opening} ${this.notes.length}`;
  }
  /** From where on who begins to look now may see. */
  get now() {
    return this.writer ? this.seen.length - 1 : this.blurredAt;
  }
  crash(isPower) {
    this.count(isPower ? "power cuts" : "kills");
    this.writer = undefined;
    if (isPower) {
      this.disk.power((cell) => this.stale(cell));
      this.notes = [this.notes[this.c.pick(this.notes.length)]];
    } else this.disk.kill();
    this.blur();
    this.say(isPower ? "*** POWER CUT" : "*** KILL");
  }
  /** What a block held that was mapped before it was written: a frame of a segment that is gone. */
  stale(cell) {
    const isListed = cell.f && [...this.frames.values()].some(({ list }) => list.includes(cell.f));
    if (
      !this.o.stale ||
      !isListed ||
      this.theirs.has(cell.f) ||
      this.grave.length === 0 ||
      !this.c.chance(0.5)
    )
      return undefined;
    return { f: this.grave[this.c.pick(this.grave.length)], p: 0 };
  }
}

// ---------------------------------------------------------------- who looks
/** A segment as whoever looks takes it: a journal that waits is its end, and foreign frames behind it. */
function segmentOf(w, id, journals) {
  const file = w.disk.names.get(id);
  const name = `T${id}`;
  if (!file || !w.r.readerJournal || !journals.includes(name)) return file && { file, cells: file.cells };
  if (!w.disk.names.has(name)) return undefined;
  const { journal, foreign = [] } = w.foreignBehind(name);
  const cells = [...file.cells.slice(0, journal.o), ...journal.cells, ...foreign.flatMap(cellsOf)];
  return { file, cells };
}

/** The same file, and the frame before a position still there. */
function stands(w, id, { file, before }, journals) {
  const now = segmentOf(w, id, journals);
  return now?.file === file && (!before || !w.r.readerProof || frameAt(now.cells, before[1]) === before[0]);
}

export class Reader {
  constructor(w) {
    this.w = w;
    this.key = new Array(K).fill(undefined);
    this.known = new Map();
    this.at = 0;
  }
  *refresh() {
    const { w } = this;
    const { r } = w;
    const from = w.writer ? Math.max(w.now, this.at) : w.now;
    const { blurs } = w;
    w.count("refreshes");
    let { key, known } = { key: this.key.slice(), known: new Map(this.known) };
    let isAnew = false;
    for (let pass = 0, isDone = false; !isDone; pass++) {
      if (pass > 20) return;
      const list = w.disk.segments();
      const journals = w.journals();
      const { lockText } = w;
      yield;
      let lastKnown = Math.max(0, ...known.keys());
      if (isAnew || (lastKnown && !stands(w, lastKnown, known.get(lastKnown), journals))) {
        key = new Array(K).fill(undefined);
        known = new Map();
        lastKnown = 0;
        isAnew = false;
      }
      isDone = true;
      const before = { key: key.slice(), known: new Map(known) };
      for (const id of list) {
        if (known.has(id) && id !== lastKnown) continue;
        const segment = segmentOf(w, id, journals);
        if (!segment) {
          isDone = false;
          // A repair has ended: what follows is read behind what it has put there.
          if (w.disk.names.has(id)) break;
          continue;
        }
        yield;
        const { file } = segment;
        const old = known.get(id);
        const { runs, end } = yield* scan(segment, old?.end ?? 0, r, {
          last: id === list.at(-1),
          looks: true,
        });
        for (const [f, o] of runs.flat()) {
          if (f.t === "P") key[f.k] = { seg: id, o, v: f.v };
          else if (f.k >= 0) key[f.k] = undefined;
        }
        known.set(id, { file, end, before: runs.flat().at(-1) ?? old?.before });
      }
      for (const id of [...known.keys()])
        if (!list.includes(id)) {
          known.delete(id);
          if (r.readerUnmet) key = key.map((place) => (place?.seg === id ? undefined : place));
        }
      // A repair may have taken away what was read first, or put back what was not there yet.
      if (r.readerAgain && (w.lockText !== lockText || w.journals().join() !== journals.join())) {
        ({ key, known } = before);
        isDone = false;
      }
    }
    Object.assign(this, { key, known });
    const state = key.map(valueAt).join();
    const hit = w.seen.indexOf(state, from);
    if (hit < 0) bad("reader", `sees ${state}, there was ${w.seen.slice(from).join(" | ")}; ${w.dump()}`);
    this.at = hit;
    if (w.writer && blurs === w.blurs) this.copy(state);
    w.say(`reader sees ${state}`);
  }
  /** A copy of what was read is a store with the same pairs: it ends before a group that was in flight. */
  copy(state) {
    const copied = new Array(K).fill(0);
    const ids = [...this.known.keys()].sort((a, b) => a - b);
    for (const id of ids) {
      const { file, end } = this.known.get(id);
      const read = { cells: file.cells.slice(0, end) };
      for (const [f] of take(scan(read, 0, this.w.r, { last: id === ids.at(-1) })).runs.flat())
        apply(copied, f);
    }
    if (copied.join() !== state)
      bad("copy", `a snapshot has ${copied}, its reader ${state}; ${this.w.dump()}`);
  }
}

/** Delivers records in order, a group in one go; reset where a compaction or a repair has passed it. */
class Follower {
  constructor(w) {
    this.w = w;
    this.reset();
  }
  reset() {
    this.state = new Array(K).fill(0);
    this.position = undefined;
    this.listed = undefined;
    this.isCaught = false;
    this.at = this.w.now;
  }
  *poll() {
    const { w } = this;
    const { disk, r } = w;
    const list = disk.segments();
    const journals = w.journals();
    const { lockText } = w;
    this.listed ??= list;
    yield;
    const { id: own = 0 } = this.position ?? {};
    if (own && !stands(w, own, this.position, journals)) return this.reset();
    const isNew = (id) => id > this.listed.at(-1) || this.listed.includes(id);
    for (let id = own + 1; id < list.at(-1); id++) if (isNew(id) && !list.includes(id)) return this.reset();
    for (const id of list.filter((each) => each >= own)) {
      const segment = segmentOf(w, id, journals);
      if (!segment) return this.reset();
      const old = this.position?.id === id ? this.position : undefined;
      const { runs, end } = yield* scan(segment, old?.end ?? 0, r, { last: id === list.at(-1), looks: true });
      if (r.readerAgain && (w.lockText !== lockText || w.journals().join() !== journals.join())) return;
      for (const run of runs) {
        for (const [f] of run) apply(this.state, f);
        if (this.isCaught) this.check();
      }
      this.position = { id, file: segment.file, end, before: runs.at(-1)?.at(-1) ?? old?.before };
    }
    this.isCaught = true;
    this.check();
  }
  check() {
    const { w } = this;
    if (w.parts.has(this.state.join())) return;
    if (!w.writer) this.at = Math.min(this.at, w.now);
    const hit = w.seen.indexOf(this.state.join(), this.at);
    if (hit < 0)
      bad("follower", `has ${this.state}, there was ${w.seen.slice(this.at).join(" | ")}; ${w.dump()}`);
    this.at = hit;
  }
}

// ---------------------------------------------------------------- one random run
export function run(c, rules, o) {
  const w = new World(c, rules, o);
  let jobs = []; // of the process that writes, the innermost last
  let readers = [];
  let follower;
  const records = (n) => Array.from({ length: n }, () => w.record(c.chance(0.75) ? "P" : "D", c.pick(K)));
  const drop = () => {
    jobs = [];
    w.writer = undefined;
  };
  const userJob = () => {
    const q = c.pick(12);
    if (q < 3) return w.append(records(1)[0]);
    if (q < 8) return w.group(records(2 + c.pick(3)));
    if (q < 10) return w.sync();
    return q === 10 ? w.rotate() : undefined;
  };
  const nextJob = () => {
    if (!w.writer) {
      if (c.chance(o.pCompactTo)) {
        w.compactTo(o.foreign && c.chance(0.5));
        readers = [];
        follower = undefined;
      }
      return o.foreign && c.chance(0.5) ? w.foreign() : w.open();
    }
    if (w.writer.isPoisoned || c.chance(0.04)) {
      w.say("closed");
      drop();
      return undefined;
    }
    return c.chance(o.pCompact) ? w.compact(c.chance(0.3)) : userJob();
  };
  const crash = (isPower) => {
    drop();
    w.crash(isPower);
    if (!isPower) return;
    readers = [];
    follower = undefined;
  };
  const writeStep = () => {
    if (jobs.length === 0) {
      const job = nextJob();
      if (job) jobs.push(job);
      return;
    }
    const step = jobs.at(-1).next();
    if (step.done) jobs.pop();
    else if (step.value === "free" && !w.writer.isPoisoned && c.chance(0.3)) {
      const job = userJob();
      if (job) jobs.push(job);
    }
    if (w.writer && w.writer.key.map(valueAt).join() !== w.states.at(-1))
      bad("writer", `has ${w.writer.key.map(valueAt)}, its log says ${w.states.at(-1)}; ${w.dump()}`);
  };
  const readStep = () => {
    const i = c.pick(2);
    readers[i] ??= { reader: new Reader(w), job: undefined };
    const it = readers[i];
    it.job ??= it.reader.refresh();
    for (let n = 1 + c.pick(5); n > 0 && it.job; n--) if (it.job.next().done) it.job = undefined;
  };
  const followStep = () => {
    follower ??= { it: new Follower(w), job: undefined };
    follower.job ??= follower.it.poll();
    for (let n = 1 + c.pick(5); n > 0 && follower.job; n--)
      if (follower.job.next().done) follower.job = undefined;
  };
  for (let step = 0; step < o.steps; step++) {
    w.count("steps");
    if (c.chance(o.pPower)) crash(true);
    else if (c.chance(o.pKill)) crash(false);
    else {
      const roll = c.pick(100);
      if (roll < 60) writeStep();
      else if (roll < 86) readStep();
      else if (roll < 96) followStep();
      else if (!o.foreign && o.failures) for (const f of w.disk.names.values()) w.disk.failWriteBack(f);
    }
  }
  quietEnd(w, jobs, readers, follower);
  return w;
}

/** Everybody finishes; all see the same, also behind two compactions, and a third finds nothing to do. */
function quietEnd(w, jobs, readers, follower) {
  w.o = { ...w.o, failures: false };
  for (const job of jobs.reverse()) take(job);
  if (w.writer?.isPoisoned) w.writer = undefined;
  while (!w.writer) take(w.open());
  const all = () => {
    const final = w.states.at(-1);
    for (const it of readers.filter(Boolean)) {
      if (it.job) take(it.job);
      it.job = undefined;
      take(it.reader.refresh());
      const state = it.reader.key.map(valueAt).join();
      if (state !== final) bad("reader", `at rest sees ${state}, the writer has ${final}; ${w.dump()}`);
    }
    if (!follower) return;
    if (follower.job) take(follower.job);
    follower.job = undefined;
    for (let n = 0; n < 3; n++) take(follower.it.poll());
    const state = follower.it.state.join();
    if (state !== final) bad("follower", `at rest has ${state}, the writer ${final}; ${w.dump()}`);
  };
  all();
  // An error that nobody was told of yet.
  for (const f of w.disk.names.values()) f.error = false;
  for (let n = 0; n < 2; n++) take(w.compact(false));
  all();
  const before = w.dump();
  take(w.compact(false));
  if (before !== w.dump()) bad("work", `a third quiet compaction still does something: ${before}`);
  w.writer = undefined;
  take(w.open());
  all();
}

/** How often crashes come, who else writes, how large segments are. */
export function optionsOf(seed) {
  return {
    steps: 60 + (seed % 4) * 60,
    pPower: [0.01, 0.03, 0.004, 0][seed % 4],
    pKill: [0.03, 0.01, 0.06][seed % 3],
    pCompact: [0.15, 0.04, 0.3][(seed >> 1) % 3],
    pCompactTo: seed % 11 === 0 ? 0.1 : 0,
    foreign: seed % 2 === 0,
    failures: seed % 5 !== 0,
    stale: seed % 3 === 0,
    segmax: [8, 12, 5, 30][(seed >> 2) % 4],
  };
}
export function explore(runs, seed, rules, { stopAtFirst = false, ...options } = {}) {
  const one = (c, sd) => run(c, rules, { ...optionsOf(sd), ...options }).stats;
  return randomRuns(one, runs, seed, stopAtFirst);
}
export function story(seed, rules, tail = 60) {
  const c = new Rng(seed);
  const told = [];
  const say = World.prototype.say;
  World.prototype.say = function (text) {
    told.push(`${text}   ${this.dump()}`);
  };
  try {
    run(c, rules, optionsOf(seed));
    return "no violation";
  } catch (e) {
    if (!e.kind) throw e;
    return [...told.slice(-tail), `=> ${e.message}`].join("\n");
  } finally {
    World.prototype.say = say;
  }
}

// ---------------------------------------------------------------- each rule left out
export const MUTANTS = [
  { groups: false },
  { headFirst: false },
  { list: false },
  { numbering: "plain" },
  { oneSegment: false },
  { poison: false },
  { keyDirLate: false },
  { cutAt: "record" },
  { foreignKept: false },
  { foreignTxid: false },
  { sealed: "refused" },
  { sealed: "hidden" },
  { note: false },
  { cutSync: false },
  { journalFirst: false },
  { notedFirst: false },
  { journalWhole: false },
  { journalGone: false, journalKeepsForeign: false },
  { journalKeepsForeign: false },
  { journalEnd: false },
  { sealSynced: false },
  { copiesSynced: false },
  { sameTurn: false },
  { newest: "same" },
  { newest: "dropped" },
  { tombHead: true },
  { keepNewest: false },
  { readerHides: false },
  { readerBefore: false },
  { readerAgain: false },
  { readerProof: false },
  { readerJournal: false },
];

// ---------------------------------------------------------------- small scopes: every choice in turn
/** Runs a job of the writer; a kill or a power cut may come at every step, up to `left.crashes` times. */
function interrupted(w, job, left) {
  for (;;) {
    const q = left.crashes > 0 ? w.c.pick(3) : 0;
    if (q > 0) {
      left.crashes--;
      w.crash(q === 2);
      return false;
    }
    const step = job.next();
    look(w);
    if (step.done) return step.value !== false;
  }
}
/** Who begins to look now, to whom nothing happens while he does. */
function look(w) {
  take(new Reader(w).refresh());
}
function opened(w, left) {
  while (!w.writer) interrupted(w, w.open(), left);
}
/** A log as `before` tells it (Pa, Da: a record; r: rotated; s: synced; c: compacted), a group behind it. */
function begun(c, rules, { before, sizes, segmax = 30, stale = false }) {
  const w = new World(c, rules, { segmax, stale, foreignOps: 3 });
  const record = (t, k, size = 1) => ({ t, k, v: t === "P" ? ++w.value : 0, size });
  for (const [t, k] of before.split(" ").filter(Boolean))
    take(
      { r: () => w.rotate(), s: () => w.sync(), c: () => w.compact(false) }[t]?.() ??
        w.append(record(t, NAMES.indexOf(k))),
    );
  return { w, group: w.group(sizes.map((size, k) => record("P", k, size))) };
}
/** A group that is cut, and opened; the second crash may come while it is being opened, and so on. */
function scopeCrash(c, rules, o) {
  const left = { crashes: o.crashes };
  const { w, group } = begun(c, rules, o);
  interrupted(w, group, left);
  opened(w, left);
  take(w.append({ t: "P", k: 2, v: ++w.value, size: 1 }));
  look(w);
  w.writer = undefined;
  opened(w, left);
}
/** The same, and the reference comes in between; then a compaction, and all of it is opened again. */
function scopeForeign(c, rules, o) {
  const left = { crashes: o.crashes };
  const { w, group } = begun(c, rules, o);
  interrupted(w, group, left);
  if (!w.writer) {
    if (o.opens) interrupted(w, w.open(), left);
    w.writer = undefined;
    interrupted(w, w.foreign(), left);
  }
  opened(w, left);
  take(w.compact(c.pick(2) === 1));
  look(w);
  w.writer = undefined;
  opened(w, left);
}
/** A reader at any step of a group that is cut, of the repair, and of what is appended then. */
function scopeReader(c, rules, o) {
  const { w, group } = begun(c, rules, o);
  const reader = new Reader(w);
  if (c.pick(2)) take(reader.refresh());
  let job = reader.refresh();
  const beside = (work, mayDie) => {
    for (;;) {
      const q = c.pick(1 + (job ? 1 : 0) + (mayDie ? 1 : 0));
      if (q === 0 && work.next().done) return;
      if (q === 1 && job) {
        if (job.next().done) job = undefined;
      } else if (q > 0) return w.crash(false);
    }
  };
  beside(group, true);
  if (!w.writer) beside(w.open());
  for (const k of [2, 1, 1]) beside(w.append({ t: "P", k, v: ++w.value, size: 1 }));
  if (job) take(job);
  opened(w, { crashes: 0 });
  take(reader.refresh());
  const state = reader.key.map(valueAt).join();
  if (state !== w.states.at(-1)) bad("reader", `at rest sees ${state}, the writer has ${w.states.at(-1)}`);
}
export const SCOPES = {
  crash: [scopeCrash, { before: "Pa", sizes: [1, 1], crashes: 2 }],
  crashSynced: [scopeCrash, { before: "Pa Pa s", sizes: [1, 2], crashes: 2 }],
  crashThrice: [scopeCrash, { before: "Pa s", sizes: [1, 1], crashes: 3 }],
  crashFull: [scopeCrash, { before: "Pa Pb", sizes: [1, 1], crashes: 2, segmax: 4 }],
  crashStale: [scopeCrash, { before: "Pa Pa r c", sizes: [1, 1], crashes: 1, stale: true }],
  foreign: [scopeForeign, { before: "Pa Pa s", sizes: [1, 1], crashes: 1 }],
  foreignTwice: [scopeForeign, { before: "Pa Pa", sizes: [1, 1], crashes: 2 }],
  foreignRepair: [scopeForeign, { before: "Pa", sizes: [1, 1], crashes: 2, opens: true }],
  foreignDead: [scopeForeign, { before: "Pa Da s", sizes: [1, 1], crashes: 1 }],
  foreignLeft: [scopeForeign, { before: "Pb Db r Pa Da s", sizes: [1, 1], crashes: 1 }],
  reader: [scopeReader, { before: "Pa", sizes: [1, 1] }],
  readerEmpty: [scopeReader, { before: "", sizes: [1, 1] }],
};
export function small(scope, rules, cap, stopAtFirst) {
  const [fn, o] = SCOPES[scope];
  return allRuns((c) => fn(c, rules, o), cap, stopAtFirst);
}
/** Runs through a scope at random: reaches what lies deep in it sooner. */
export function walk(scope, runs, seed, rules) {
  const [fn, o] = SCOPES[scope];
  return randomRuns((c) => fn(c, rules, o), runs, seed, true);
}

const isMain = process.argv[1] && import.meta.url.endsWith(process.argv[1].split("/").pop());
if (isMain) {
  const [command = "random", ...rest] = process.argv.slice(2);
  const rules = { ...RULES };
  const a = argumentsOf(rest, rules, { runs: 20000, seed: 1, cap: 100000 });
  if (command === "random") {
    const { n, ms, sum, found } = explore(a.runs, a.seed, rules, { ...a, stopAtFirst: !!a.first });
    console.log(n, "runs", ms, "ms", JSON.stringify(sum));
    for (const [k, f] of found) console.log(`  ${k} x${f.n} seed ${f.seed}: ${f.text}`);
  }
  if (command === "small")
    for (const scope of a.word ? [a.word] : Object.keys(SCOPES)) {
      const { n, exhausted, ms, found, steps } = small(scope, rules, a.cap, !!a.first);
      console.log(`${scope}: ${n} runs${exhausted ? ", all" : ""}, ${steps} choices, ${ms} ms`);
      for (const [k, f] of found) console.log(`  ${k} x${f.n}: ${f.text.slice(0, 250)} [${f.choices}]`);
    }
  if (command === "walk")
    for (const scope of a.word ? [a.word] : Object.keys(SCOPES)) {
      const { n, ms, found } = walk(scope, a.runs, a.seed, rules);
      console.log(`${scope}: ${n} runs, ${ms} ms`);
      for (const [k, f] of found) console.log(`  ${k} seed ${f.seed}: ${f.text.slice(0, 250)}`);
    }
  if (command === "mutants")
    for (const left of MUTANTS) {
      if (a.only && !(a.only in left)) continue;
      const mutant = { ...rules, ...left };
      const tries = { random: explore(a.runs, a.seed, mutant, { stopAtFirst: true }) };
      for (const scope of Object.keys(SCOPES))
        if (![...Object.values(tries)].some(({ found }) => found.size > 0))
          tries[scope] = walk(scope, a.runs, a.seed, mutant);
      const [where, { n, found }] = Object.entries(tries).at(-1);
      const f = [...found.values()][0];
      const how = f ? `run ${n} (seed ${f.seed}) of ${where}: ${f.text.slice(0, 130)}` : "NOT FOUND";
      console.log(`${JSON.stringify(left)}: ${how}`);
    }
  if (command === "story") console.log(story(a.seed, rules, a.tail));
}
