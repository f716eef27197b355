import type { FileSystem } from "@datawal/safeatomic";
import {
  crashEverywhere,
  createSimulatedDisk,
  type SimulatedDisk,
  withFaults,
} from "@datawal/safeatomic/testing";
import { DataWal, DataWalReader, utf8, verifyLogSync } from "datawal";
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { allOrSample, IS_FULL_RUN, IS_WHOLE_RUN, SEED } from "../../../record-log/test/kit/seeded-random.js";
import { failingDisk } from "../kit/port-failures.js";

// Nobody appends to these disks while this thread waits for an append in flight: no need to.
beforeEach(() => void vi.spyOn(Atomics, "wait").mockReturnValue("timed-out"));
afterEach(() => void vi.restoreAllMocks());

type Pairs = Record<string, string>;
type Operation = [key: string, value: string | null] | "fsync";

/** In a full run, many more of the states that a power cut may leave. */
const TIMEOUT = { timeout: IS_FULL_RUN ? 1_800_000 : 120_000 };

const TEXT = { key: utf8, value: utf8 };
const open = (fileSystem: FileSystem) =>
  DataWal.openSync("/store", { ...TEXT, fileSystem, segmentBytesMax: 100, recover: "strict" });
const pairsOf = (store: Iterable<[string, string]>): Pairs => Object.fromEntries([...store].sort());

/** What a store is to have after each operation, and how many of them a power cut may not undo. */
class History {
  readonly states: Pairs[];
  ackedCount = 0;

  constructor(first: Pairs) {
    this.states = [first];
  }

  apply(store: DataWal<string, string>, operation: Operation): void {
    if (operation === "fsync") {
      store.fsyncSync();
      this.ackedCount = this.states.length - 1;
      return;
    }
    const [key, value] = operation;
    const { [key]: _, ...next } = this.states.at(-1)!;
    // Before the call: a power cut within it may leave it done.
    this.states.push(value === null ? next : { ...next, [key]: value });
    if (value === null) store.delete(key);
    else store.put(key, value);
  }
}

/** A closed, durable store of these operations. */
function written(disk: SimulatedDisk, operations: readonly Operation[]) {
  const history = new History({});
  const store = open(disk);
  for (const operation of operations) history.apply(store, operation);
  const { segmentBytes } = store.stats();
  const lastTxid = [...store.scan()].at(-1)?.txid ?? 0n;
  store.closeSync();
  return { pairs: history.states.at(-1)!, lastTxid, segmentBytes };
}

/** The pairs that open, and a reader before it, find; the same after one more compaction and after one more open. */
function checkedPairs(disk: SimulatedDisk, lastTxid: bigint): Pairs {
  expect(verifyLogSync("/store", { fileSystem: disk }).verdict).not.toBe("damaged");
  using reader = DataWalReader.openSync("/store", { ...TEXT, fileSystem: disk });
  const seen = pairsOf(reader);
  const store = open(disk);
  const { warnings, lastTxidSeen } = store.recoveryReport();
  expect(warnings.filter(({ kind }) => kind !== "quarantine-present")).toEqual([]);
  expect(lastTxidSeen).toBeGreaterThanOrEqual(lastTxid);
  expect(pairsOf(store)).toEqual(seen);
  store.compactSync();
  store.closeSync();
  using again = open(disk);
  expect(pairsOf(again)).toEqual(seen);
  return seen;
}

const put = (key: string, value: string): Operation => [key, value];
const del = (key: string): Operation => [key, null];

const CASES: Record<string, { before: Operation[]; beside: Operation[]; minWasteRatio?: number }> = {
  "overwrites and deletes": {
    before: [
      put("a", "1"),
      put("b", "1"),
      put("a", "2"),
      put("c", "1"),
      del("b"),
      put("a", "3"),
      put("c", "2"),
    ],
    beside: [put("d", "1"), "fsync", del("a"), put("b", "2"), "fsync", del("d")],
  },
  "all keys deleted": {
    before: [put("a", "1"), put("b", "1"), del("a"), put("c", "1"), del("b"), del("c")],
    beside: [],
  },
  "a deleted key put again": {
    before: [put("a", "1"), put("b", "1"), put("b", "2"), del("a"), put("b", "3"), put("c", "1")],
    beside: [put("a", "2"), del("a"), "fsync", put("a", "3")],
  },
  "segments that are left": {
    before: [put("a", "1"), put("b", "x".repeat(20)), put("c", "1"), del("a"), put("c", "2"), put("c", "3")],
    beside: [put("d", "1"), "fsync", put("d", "2")],
    minWasteRatio: 0.6,
  },
};

// Whatever becomes of the power at whichever call: a compaction never changes a live pair, never brings back a key, never
// lets a txid repeat, and leaves what strict recovery opens without a warning.
const cases = Object.entries(CASES);
const triedCases = allOrSample(0, cases.length - 1, 2).map((index) => cases[index]!);
describe.each(triedCases)("a power cut at every call of a compaction: %s", (_, story) => {
  test("leaves what was acknowledged, and nothing that was not written", TIMEOUT, async () => {
    const disk = createSimulatedDisk();
    const { pairs, lastTxid } = written(disk, story.before);
    const history = new History(pairs);
    const { distinct } = await crashEverywhere({
      disk,
      imagesPerMoment: IS_FULL_RUN ? 500 : 3,
      work: (fileSystem) => {
        const store = open(fileSystem);
        const beside = [...story.beside];
        const onProgress = () => {
          const operation = beside.shift();
          if (operation) history.apply(store, operation);
        };
        store.compactSync({ minWasteRatio: story.minWasteRatio, onProgress });
        store.closeSync();
      },
      check: (found) => {
        expect(history.states.slice(history.ackedCount)).toContainEqual(checkedPairs(found, lastTxid));
      },
    });
    expect(distinct).toBeGreaterThan(20);
  });
});

// The marker was durable, the removal was not: the segment is there and named. Opening takes it out of the marker, and may
// be cut short again.
test(
  "a power cut between the marker and the removal, and another at every call behind it",
  TIMEOUT,
  async () => {
    const { before, beside } = CASES["a deleted key put again"]!;
    const first = createSimulatedDisk();
    const { pairs, lastTxid } = written(first, before);
    const halves: SimulatedDisk[] = [];
    const halting = withFaults(first, ({ operation }) => {
      if (operation !== "removeFile") return;
      const [image] = first.crashImages({ limit: 1, random: () => 0.5 });
      halves.push(image!.mount());
    });
    const store = open(halting);
    store.compactSync();
    store.closeSync();
    expect(halves.length).toBeGreaterThan(1);
    for (const disk of halves) {
      const history = new History(pairs);
      await crashEverywhere({
        disk,
        imagesPerMoment: IS_FULL_RUN ? 100 : 1,
        work: (fileSystem) => {
          const again = open(fileSystem);
          again.compactSync();
          for (const operation of beside) history.apply(again, operation);
          again.closeSync();
        },
        check: (found) => {
          expect(history.states.slice(history.ackedCount)).toContainEqual(checkedPairs(found, lastTxid));
        },
      });
    }
  },
);

test(
  "a power cut at every call of random scripts: puts, deletes, syncs, rotations and compactions",
  TIMEOUT,
  async () => {
    const key = fc.constantFrom(..."abcd");
    const operation = fc.oneof(
      { weight: 5, arbitrary: fc.tuple(key, fc.string({ maxLength: 20 })) },
      { weight: 3, arbitrary: fc.tuple(key, fc.constant(null)) },
      { weight: 1, arbitrary: fc.constant("fsync" as const) },
    );
    const script = fc.array(operation, { minLength: 4, maxLength: IS_FULL_RUN ? 16 : 6 });
    const ratio = fc.constantFrom(0, 0.3, 0.5, 0.8);
    await fc.assert(
      fc.asyncProperty(
        script,
        fc.array(fc.tuple(script, ratio), { minLength: 1, maxLength: IS_FULL_RUN ? 3 : 2 }),
        async (before, runs) => {
          const disk = createSimulatedDisk();
          const { pairs, lastTxid } = written(disk, before);
          const history = new History(pairs);
          await crashEverywhere({
            disk,
            imagesPerMoment: IS_FULL_RUN ? 20 : 2,
            work: (fileSystem) => {
              const store = open(fileSystem);
              for (const [operations, minWasteRatio] of runs) {
                const beside = [...operations];
                const onProgress = () => {
                  const next = beside.shift();
                  if (next) history.apply(store, next);
                };
                store.compactSync({ minWasteRatio, onProgress });
              }
              store.closeSync();
            },
            check: (found) => {
              expect(history.states.slice(history.ackedCount)).toContainEqual(checkedPairs(found, lastTxid));
            },
          });
        },
      ),
      { numRuns: IS_WHOLE_RUN ? 200 : IS_FULL_RUN ? 15 : 1, seed: SEED },
    );
  },
);

describe("a call that fails in a compaction", () => {
  const { before, beside } = CASES["overwrites and deletes"]!;

  function compacting(decide: (index: number) => { errno: string } | undefined) {
    const failing = failingDisk((disk) => void written(disk, before));
    const store = open(failing.port);
    const history = new History(pairsOf(store));
    failing.arm(({ index }) => decide(index));
    const operations = [...beside];
    const onProgress = () => {
      const operation = operations.shift();
      if (operation) history.apply(store, operation);
    };
    let error: unknown;
    try {
      store.compactSync({ onProgress });
    } catch (thrown) {
      error = thrown;
    }
    const { calls } = failing;
    failing.arm(() => undefined);
    return { ...failing, disk: failing.disk, store, history, error, calls };
  }

  const callCount = compacting(() => undefined).calls;

  test.each(["EIO", "ENOSPC"])("with %s is told, and what is there then is what was there", (errno) => {
    for (const failed of allOrSample(0, callCount - 1, 25)) {
      const { disk, store, history, error } = compacting((index) =>
        index === failed ? { errno } : undefined,
      );
      if (error !== undefined) expect(error).toMatchObject({ code: expect.stringMatching(/^ERR_DATAWAL_/) });
      // But for what failed before anything was written again.
      if ((error as { code?: string })?.code === "ERR_DATAWAL_DROP_FAILED")
        expect(store.isPoisoned).toBe(true);
      const { states, ackedCount } = history;
      expect(states.slice(ackedCount)).toContainEqual(pairsOf(store));
      store.closeSync();
      expect(states.slice(ackedCount)).toContainEqual(checkedPairs(disk, 7n));
    }
  });
});
