import { describe, expect, test } from "vitest";
import { explore, RULES, SCOPES, small } from "../model.mjs";

const violations = (runs: number, rules: object) => [
  ...explore("B", runs, 1, { ...RULES, ...rules }, { stopAtFirst: true }).found.keys(),
];

describe("the protocol of compaction in place, in a model of the disk", () => {
  test.each([
    ["with all segments that have waste as victims", {}],
    ["with a minimum of waste, which leaves any of them", { skip: true }],
  ])("random runs of kills, power cuts, failures, readers and a follower find nothing, %s", (_, rules) => {
    expect(violations(600, rules)).toEqual([]);
  });

  test.each(Object.keys(SCOPES))("the small scope %s holds no violation in its first cases", (scope) => {
    const { found } = small("B", scope, { ...RULES, skip: true }, 800, true);
    expect([...found.keys()]).toEqual([]);
  });

  test.each([
    ["copies are not synced before their segment goes", { ringSync: false }],
    ["a look and the append that follows it lie in two turns", { ringCheck: false }],
    ["segments are taken in descending order", { ascending: false }],
    ["a run begins anywhere", { oneOrder: false }],
    ["no marker is written", { marker: false }],
    ["the newest record is not kept", { keepNewest: false }],
    ["the active segment is not rotated first", { rotateFirst: false }],
    ["keys that point into a segment that is gone are kept", { unmet: false }],
    ["a segment that goes while it is listed is passed over", { enoentLoop: false }],
    ["a follower is not told that it was passed", { followNotice: false }],
    ["tombstones behind a segment that was left are dropped", { skip: true, skipTomb: false }],
  ])("it is found where %s", (_, rules) => {
    expect(violations(2000, rules)).not.toEqual([]);
  });
});
