import { describe, expect, test } from "vitest";
import { explore, RULES, SCOPES, walk } from "../groups.mjs";

/** What goes wrong in one run: the seed's of the random runs, or of those through a scope. */
const violations = (rules: object, seed: number, scope?: string) => {
  const mutant = { ...RULES, ...rules };
  return [...(scope ? walk(scope, 1, seed, mutant) : explore(1, seed, mutant)).found.keys()];
};

describe("the protocol of atomic groups, in a model of the disk", () => {
  test("random runs with compactions, repairs, the reference, readers and a follower find nothing", () => {
    expect([...explore(100, 1, RULES).found.values()]).toEqual([]);
  });

  test.each(Object.keys(SCOPES))("runs through the small scope %s find nothing", (scope) => {
    expect([...walk(scope, 25, 1, RULES).found.values()]).toEqual([]);
  });

  test.each([
    ["the head is written last", { headFirst: false }, 1],
    ["the list of CRCs is not compared", { list: false }, 186],
    ["txids of a group are those that another writer would give", { numbering: "plain" }, 86, "foreign"],
    ["a group goes on in the next segment", { oneSegment: false }, 1],
    ["a handle goes on behind a group that was cut short", { poison: false }, 1],
    ["the key directory changes before the group is written", { keyDirLate: false }, 1],
    ["the log is cut at the last whole record", { cutAt: "record" }, 1],
    ["another writer's frames are cut with the group", { foreignKept: false }, 50],
    ["any valid frame counts as another writer's", { foreignTxid: false }, 55, "crashStale"],
    ["a part in a sealed segment is refused", { sealed: "refused" }, 28],
    ["a part in a sealed segment is hidden", { sealed: "hidden" }, 114],
    ["the sync note is ignored", { note: false }, 3],
    ["a cut is not synced", { cutSync: false }, 3],
    ["a journal holds a part of a group", { journalWhole: false }, 7],
    ["foreign frames behind a journal are cut", { journalKeepsForeign: false }, 204],
    ["what a repair has cut is taken for foreign frames", { journalEnd: false }, 13],
    ["a segment is sealed without a sync", { sealSynced: false }, 1],
    ["copies are not synced before their segment goes", { copiesSynced: false }, 25],
    ["the newest record is not kept", { keepNewest: false }, 6],
    ["a head that is the newest record is copied", { newest: "same" }, 13, "foreignDead"],
    ["a dead Put that has the largest txid is copied", { newest: "same" }, 672],
    ["a head that is the newest record is dropped", { newest: "dropped" }, 13, "foreignDead"],
    ["heads behind a segment that was left are copied", { tombHead: true }, 425],
    ["a reader shows a part", { readerHides: false }, 1],
    ["a reader goes on behind a part", { readerBefore: false }, 16],
    ["a reader goes on behind a repair that came meanwhile", { readerAgain: false }, 978],
    ["a reader does not see the journal", { readerJournal: false }, 1166],
  ])("it is found where %s", (_, rules, seed, scope?: string) => {
    expect(violations(rules, seed, scope)).not.toEqual([]);
  });
});
