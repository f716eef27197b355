import type { Chain } from "./chain.js";

/** From a failed write-back to a power cut, by the ways that lead there. */
export const CHAINS: Readonly<Record<string, (chain: Chain) => Promise<void>>> = {
  // The classic: the writer is told, dies, and the next fsync says that all is well.
  told: async (chain) => {
    await begin(chain);
    await failSync(chain, "fsync");
    await chain.kill();
    await goOn(chain);
  },
  "told-by-the-synchronous-form": async (chain) => {
    await begin(chain);
    await failSync(chain, "fsyncSync");
    await chain.kill();
    await goOn(chain);
  },
  "told-and-evicted": async (chain) => {
    await begin(chain);
    await failSync(chain, "fsync");
    await chain.another("evict");
    await chain.kill();
    await goOn(chain);
  },
  "told-at-rotation": async (chain) => {
    await begin(chain);
    await failSync(chain, "rotate");
    await chain.kill();
    await goOn(chain);
  },
  // No kill: the same process closes its poisoned handle and opens the store again.
  "told-at-close": async (chain) => {
    await begin(chain);
    await failSync(chain, "close");
    // Where an append was told instead, by its rotation, the handle is still open.
    await chain.closePoisoned();
    await goOn(chain);
  },
  "told-and-opened-again": async (chain) => {
    await begin(chain);
    await failSync(chain, "fsync");
    await chain.closePoisoned();
    await goOn(chain);
  },
  // Nobody told the writer: another program's sync has eaten the error.
  "told-another-program": async (chain) => {
    await begin(chain);
    await chain.breakDisk();
    await chain.appendMarked();
    await chain.another("write-back");
    await chain.kill();
    await chain.another("fsync");
    await chain.mendDisk();
    await goOn(chain);
  },
  "untold-and-evicted": async (chain) => {
    await begin(chain);
    await chain.breakDisk();
    await chain.appendMarked();
    await goOnEvicted(chain);
  },
  // The sync that finds it is the one that opens the store; a further failure may keep it from opening.
  "told-while-opening": async (chain) => {
    await begin(chain);
    await chain.appendMarked();
    await chain.kill();
    await chain.breakDisk();
    const isOpen = await chain.open();
    await chain.mendDisk();
    if (!isOpen) await requireOpen(chain);
    await appendDurably(chain);
    await chain.cutPower();
  },
  // Opened, it wrote the doubtful records again; and dies before it appends.
  "cut-right-after-opening": async (chain) => {
    await begin(chain);
    await failSync(chain, "fsync");
    await chain.kill();
    await requireOpen(chain);
    await chain.cutPower();
  },
  "failed-twice": async (chain) => {
    await begin(chain);
    await failSync(chain, "fsync");
    await chain.kill();
    await requireOpen(chain);
    await failSync(chain, "fsync");
    await chain.kill();
    await goOn(chain);
  },
  // What a compaction has moved is lost, and what it was moved from must still be there.
  "told-in-a-compaction": async (chain) => {
    if (await failCompaction(chain)) throw new Error("what was not written was compacted");
    await chain.mendDisk();
    await chain.kill();
    await goOn(chain);
  },
  "told-in-a-compaction-and-evicted": async (chain) => {
    await failCompaction(chain);
    await goOnEvicted(chain);
  },
  // What was doubtful is moved at once, and its segment removed.
  "told-and-compacted": async (chain) => {
    await begin(chain);
    await failSync(chain, "fsync");
    await chain.kill();
    await requireOpen(chain);
    await requireCompacted(chain);
    await chain.cutPower();
  },
};

/** Whether the store of a chain is compacted in place. */
export function isCompacted(chain: string): boolean {
  return chain.includes("compact");
}

async function begin(chain: Chain): Promise<void> {
  await requireOpen(chain);
  await appendDurably(chain);
}

async function goOn(chain: Chain): Promise<void> {
  await requireOpen(chain);
  await appendDurably(chain);
  await chain.cutPower();
}

/** What fails is told another program only, and forgotten. */
async function goOnEvicted(chain: Chain): Promise<void> {
  await chain.another("write-back");
  await chain.kill();
  await chain.another("fsync");
  await chain.another("evict");
  await chain.mendDisk();
  await goOn(chain);
}

/** Appends records whose write-back fails, and lets the writer find out. */
async function failSync(chain: Chain, by: "fsync" | "fsyncSync" | "rotate" | "close"): Promise<void> {
  await chain.breakDisk();
  const isTaken = await chain.appendMarked();
  if (isTaken && (await chain.sync(by))) throw new Error(`a failed write-back was acknowledged by ${by}`);
  await chain.mendDisk();
}

/** Lets the write-back of what a compaction moves fail. @returns whether that came to its end. */
async function failCompaction(chain: Chain): Promise<boolean> {
  await begin(chain);
  await chain.sync("rotate");
  if (!(await chain.appendMarkedTwice()) || !(await chain.sync()))
    throw new Error("a disk that is whole did not take a record");
  await chain.breakDisk();
  return await chain.compact();
}

async function requireCompacted(chain: Chain): Promise<void> {
  if (!(await chain.compact())) throw new Error("a store on a disk that is whole was not compacted");
}

async function requireOpen(chain: Chain): Promise<void> {
  if (!(await chain.open())) throw new Error("the store did not open on a disk that is whole");
}

async function appendDurably(chain: Chain): Promise<void> {
  if (!(await chain.append()) || !(await chain.sync()))
    throw new Error("a disk that is whole did not take a record");
}
