import { isAbsolute } from "node:path";
import type { FileSystem } from "@datawal/safeatomic";
import { createSimulatedDisk } from "@datawal/safeatomic/testing";
import { DataWal, replaceStoreSync } from "datawal";
import { beforeEach, describe, expect, test } from "vitest";
import { pairsOf, SAMPLE_PAIRS, writeSample } from "./kit/sample-store.js";

// macOS, which is not run, and Windows take names for one that differ in case; macOS also those that differ in how an
// accent is written (NFC, NFD).

/** A disk on which all spellings of a name lead to one file. */
function foldingDisk(): FileSystem {
  const disk = createSimulatedDisk();
  const folded = (argument: unknown) =>
    typeof argument === "string" && isAbsolute(argument) ? argument.normalize("NFC").toLowerCase() : argument;
  return new Proxy<FileSystem>(disk, {
    get(_, name) {
      const member: unknown = Reflect.get(disk, name);
      if (typeof member !== "function") return member;
      return (...args: unknown[]) => Reflect.apply(member, disk, args.map(folded));
    },
  });
}

const NAME = "/caf\u00e9";
const SPELLINGS = ["/CAF\u00c9", "/cafe\u0301"];

describe.each(SPELLINGS)("a store that is named by another spelling: %s", (spelling) => {
  let fileSystem: FileSystem;
  beforeEach(() => {
    fileSystem = foldingDisk();
    writeSample(fileSystem, NAME, { hasRaw: false });
  });

  test("is the same one, and refused while it is open", () => {
    using _open = DataWal.openSync(NAME, { fileSystem });
    expect(() => DataWal.openSync(spelling, { fileSystem })).toThrow(
      expect.objectContaining({ code: "ERR_DATAWAL_LOCKED", heldByThisProcess: true }),
    );
  });

  test("is not swapped with itself: both locks are one", () => {
    expect(() => replaceStoreSync(NAME, spelling, { fileSystem })).toThrow(
      expect.objectContaining({ code: "ERR_DATAWAL_LOCKED" }),
    );
    expect(pairsOf(fileSystem, spelling)).toEqual(SAMPLE_PAIRS);
  });

  test("is no empty place for a copy of it", () => {
    using store = DataWal.openSync(NAME, { fileSystem });
    expect(() => store.compactToSync(spelling)).toThrow(
      expect.objectContaining({ code: "ERR_DATAWAL_TARGET_EXISTS" }),
    );
    store.closeSync();
    expect(pairsOf(fileSystem, NAME)).toEqual(SAMPLE_PAIRS);
  });
});
