import { RecordType } from "@datawal/format";
import fc from "fast-check";
import { expect, test } from "vitest";
import { IS_FULL_RUN } from "../../../record-log/test/kit/seeded-random.js";
import { Projection } from "../../src/live/projection.js";
import { frameRange } from "../kit/frame-range.js";

/** Long ones: some 2,300 fill a chunk of the key directory. */
const keyOf = (index: number) => new TextEncoder().encode(`key-${index}-`.padEnd(90, "-"));

type Change = [type: RecordType, first: number, count: number];

/** Takes batches in as a store does, and tells what it leads to then, and what a `Map` does. */
function applied(batches: readonly (readonly Change[])[]) {
  const projection = new Projection();
  const model = new Map<number, number>();
  let offset = 0;
  for (const changes of batches) {
    const drawn = changes.flatMap(([type, first, count]) =>
      Array.from({ length: count }, (_, nth): [RecordType, number] => [type, first + nth]),
    );
    const frames = frameRange(drawn.map(([type, index]) => [type, keyOf(index)]));
    projection.keydir.requireRoomForAll(frames);
    projection.applyAll(frames, 1, offset);
    projection.keydir.settle();
    for (const [type, index] of drawn) {
      if (type === RecordType.Put) model.set(index, offset);
      else model.delete(index);
      offset += 28 + 90;
    }
  }
  const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes).split("-")[1]!;
  return {
    found: Array.from(projection.keydir.entries(), ([key, ref]) => [Number(text(key)), ref.offset]),
    expected: [...model],
  };
}

const { Put, Delete } = RecordType;

// A soak found it: a batch kept where its keys lay, and a key that it put and deleted, or a new one that began a chunk, had
// the key directory join two chunks. What came behind it was written where nothing, or another key, lay by then.
test.each<[string, Change[]]>([
  [
    "new keys, which begin a chunk",
    [
      [Put, 5000, 2300],
      [Put, 2200, 100],
      [Put, 2900, 100],
    ],
  ],
  [
    "a deletion of what it has put",
    [
      [Put, 5000, 2300],
      [Delete, 5000, 2300],
      [Put, 2200, 100],
      [Put, 2900, 100],
    ],
  ],
])("a batch with %s leads to what it has put", (_, batch) => {
  const { found, expected } = applied([
    [[Put, 0, 3000]],
    [
      [Delete, 0, 2200],
      [Delete, 2400, 500],
    ],
    batch,
  ]);
  expect(found).toEqual(expected);
});

test("whatever batches put and delete, keys lead where a Map does, in its order", () => {
  const change = fc.tuple(fc.constantFrom(Put, Put, Delete), fc.nat(6000), fc.nat(2500));
  const batches = fc.array(fc.array(change, { minLength: 1, maxLength: 4 }), { minLength: 2, maxLength: 8 });
  const property = fc.property(batches, (all) => {
    const { found, expected } = applied(all);
    expect(found).toEqual(expected);
  });
  fc.assert(property, { numRuns: IS_FULL_RUN ? 60 : 10, endOnFailure: true });
});
