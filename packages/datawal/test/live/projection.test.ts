import { RecordType, recordWireSize } from "@datawal/format";
import fc from "fast-check";
import { expect, test } from "vitest";
import { Projection } from "../../src/live/projection.js";

const operation = fc.record({
  type: fc.constantFrom(RecordType.Raw, RecordType.Put, RecordType.Delete),
  key: fc.constantFrom("", "a", "b", "c").map((text) => new TextEncoder().encode(text)),
  valueLen: fc.nat(50),
});

test("every record counts as live, dead or tombstone, as a Map of the live ones tells", () => {
  fc.assert(
    fc.property(fc.array(operation), (operations) => {
      const projection = new Projection();
      const live = new Map<string, number>();
      let [totalBytes, tombstoneBytes, offset] = [0, 0, 0];
      for (const { type, key, valueLen } of operations) {
        const len = recordWireSize(key.length, valueLen);
        const wasThere = projection.apply(type, key, { segment: 1, offset, len });
        expect(wasThere).toBe(type !== RecordType.Raw && live.has(key.toString()));
        if (type === RecordType.Put) live.set(key.toString(), len);
        if (type === RecordType.Delete) live.delete(key.toString());
        if (type === RecordType.Delete) tombstoneBytes += len;
        totalBytes += len;
        offset += len;
      }
      const liveBytes = [...live.values()].reduce((sum, len) => sum + len, 0);
      const { space } = projection;
      expect(space).toMatchObject({ liveBytes, tombstoneBytes, totalBytes });
      expect(space.deadBytes).toBe(totalBytes - liveBytes - tombstoneBytes);
      expect(projection.keydir.size).toBe(live.size);
    }),
  );
});
