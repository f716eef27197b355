import { encodeRecord, RecordType } from "@datawal/format";
import { isRecordLogError } from "@datawal/record-log";
import { createSimulatedDisk, type SimulatedDisk } from "@datawal/safeatomic/testing";
import { expect, test } from "vitest";
import { IS_FULL_RUN, IS_WHOLE_RUN, SEED } from "../../record-log/test/kit/seeded-random.js";
import { DataWal } from "../src/index.js";

// Oracle sentence 7, no wrong answer under corruption: whichever single bit of a store is turned over, `get` returns
// the value of the key's last Put within the recovered prefix, or the store is refused with a typed error.

const SAMPLED_FLIPS = IS_FULL_RUN ? 10_000 : 300;
const STORE_BYTES = 64 * 1024;

interface Planned {
  type: RecordType;
  key: Uint8Array;
  payload: Uint8Array;
}

/** Numbers that look random and are the same in every run. */
function randomFrom(seed: number): (below: number) => number {
  let state = seed >>> 0;
  return (below) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

/** Records of all types, with keys of 0 to 40 bytes and payloads of 0 to 2 KiB, overwritten and deleted. */
function planRecords(): Planned[] {
  const random = randomFrom(SEED);
  const keys = Array.from({ length: 24 }, (_, index) =>
    Uint8Array.from({ length: Math.min(index * 2, 40) }, () => random(256)),
  );
  const plan: Planned[] = [];
  for (let bytes = 0; bytes < STORE_BYTES; ) {
    const type = (
      [RecordType.Put, RecordType.Put, RecordType.Put, RecordType.Raw, RecordType.Delete] as const
    )[random(5)]!;
    const key = keys[random(keys.length)]!;
    const payload = Uint8Array.from({ length: type === RecordType.Delete ? 0 : random(2049) }, () =>
      random(256),
    );
    plan.push({ type, key, payload });
    bytes += 28 + key.length + payload.length;
  }
  return plan;
}

const plan = planRecords();
const frames = plan.map(({ type, key, payload }, index) =>
  encodeRecord({ type, txid: BigInt(index + 1), key, payload }),
);
const segments = [0, 1, 2].map((third) => {
  const share = Math.ceil(frames.length / 3);
  return new Uint8Array(Buffer.concat(frames.slice(third * share, (third + 1) * share)));
});
const totalBits = segments.reduce((sum, segment) => sum + segment.length, 0) * 8;

const liveByCount = new Map<number, Planned[]>();

/** The Puts that the first `count` records leave live. */
function liveAfter(count: number): Planned[] {
  let live = liveByCount.get(count);
  if (!live) {
    const byKey = new Map<string, Planned>();
    for (const record of plan.slice(0, count)) {
      const name = Buffer.from(record.key).toString("hex");
      if (record.type === RecordType.Put) byKey.set(name, record);
      if (record.type === RecordType.Delete) byKey.delete(name);
    }
    live = [...byKey.values()];
    liveByCount.set(count, live);
  }
  return live;
}

function diskWith(flippedBit: number): SimulatedDisk {
  const disk = createSimulatedDisk();
  disk.makeDirectory("/store");
  let firstBit = 0;
  for (const [index, segment] of segments.entries()) {
    const bit = flippedBit - firstBit;
    const bytes = bit >= 0 && bit < segment.length * 8 ? segment.slice() : segment;
    if (bytes !== segment) bytes[bit >> 3]! ^= 1 << (bit & 7);
    const file = disk.open(`/store/0000000${index + 1}.dwal`, "create");
    file.append(bytes, 0, bytes.length);
    file.close();
    firstBit += segment.length * 8;
  }
  return disk;
}

/** `refused`, or `answered` where every answer was right; throws where one was not. */
function ask(disk: SimulatedDisk): "refused" | "answered" {
  try {
    using db = DataWal.openSync("/store", { fileSystem: disk });
    const live = liveAfter(db.recoveryReport().recordsReplayed);
    if (db.size !== live.length) throw new Error(`${db.size} keys instead of ${live.length}`);
    for (const { key, payload } of live) {
      const answer = db.get(key);
      if (!answer || Buffer.compare(answer, payload) !== 0) throw new Error(`wrong value of key ${key}`);
    }
    return "answered";
  } catch (error) {
    if (isRecordLogError(error)) return "refused";
    throw error;
  }
}

test(`no single flipped bit makes get answer wrongly (seed ${SEED})`, { timeout: 1_800_000 }, () => {
  const random = randomFrom(SEED + 1);
  const outcomes = { refused: 0, answered: 0 };
  const count = IS_WHOLE_RUN ? totalBits : SAMPLED_FLIPS;
  for (let index = 0; index < count; index++)
    outcomes[ask(diskWith(IS_WHOLE_RUN ? index : random(totalBits)))]++;
  // Damage in a sealed segment is refused, in the active one it ends the log.
  expect(outcomes.refused).toBeGreaterThan(count / 3);
  expect(outcomes.answered).toBeGreaterThan(count / 10);
});

test("a store that answers with another record's value would be noticed", () => {
  const disk = diskWith(-1);
  expect(ask(disk)).toBe("answered");
  const forged = plan.findLastIndex(({ type, payload }) => type === RecordType.Put && payload.length > 0);
  const { key, payload } = plan[forged]!;
  const wrong = encodeRecord({
    type: RecordType.Put,
    txid: BigInt(forged + 1),
    key,
    payload: payload.map((byte) => byte ^ 1),
  });
  segments[2] = new Uint8Array(Buffer.concat([segments[2]!.subarray(0, -frames.at(-1)!.length), wrong]));
  expect(() => ask(diskWith(-1))).toThrow();
});
