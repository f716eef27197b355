import { readFileSync } from "node:fs";
import { join } from "node:path";
import ts from "typescript";
import { expect, test } from "vitest";
import * as datawal from "../../../packages/datawal/src/index.js";
import * as format from "../../../packages/format/src/index.js";
import * as safeatomic from "../../../packages/safeatomic/src/index.js";
import * as testing from "../../../packages/safeatomic/src/testing/index.js";

// `segmentMaxBytes: 1e6` was passed over in silence, and segments had 64 MiB. What takes options is found in the API
// reports, so that nothing new can be forgotten: it has to refuse a name that is none.

/** What takes options, as `Class.method` or a function's name. */
function takers(report: string): string[] {
  const code = /```ts\n([\s\S]*?)```/.exec(report)![1]!;
  const source = ts.createSourceFile("api.ts", code, ts.ScriptTarget.Latest, true);
  const found = new Set<string>();
  const visit = (node: ts.Node, owner: string): void => {
    if (ts.isClassDeclaration(node)) for (const member of node.members) visit(member, `${node.name?.text}.`);
    else if (ts.isFunctionLike(node) && node.parameters.some(isOptions))
      found.add(`${owner}${node.name?.getText() ?? "constructor"}`);
  };
  const isOptions = ({ type }: ts.ParameterDeclaration): boolean =>
    type !== undefined &&
    (ts.isTypeLiteralNode(type)
      ? type.members.every(({ questionToken }) => questionToken)
      : /\w*Options\b/.test(type.getText()));
  for (const statement of source.statements) visit(statement, "");
  return [...found].sort();
}

const BAD = { nonsense: true } as never;
const fileSystem = testing.createSimulatedDisk();
datawal.DataWal.openSync("/store", { fileSystem }).closeSync();
const inStore = { fileSystem, ...(BAD as object) } as never;

const readers = () => datawal.DataWalReader.openSync("/store", { fileSystem });
const logReaders = () => datawal.RecordLogReader.openSync("/store", { fileSystem });
const writers = () => datawal.DataWal.openSync(`/${fileSystem.uniqueSuffix()}`, { fileSystem });
const logs = () => datawal.RecordLog.openSync(`/${fileSystem.uniqueSuffix()}`, { fileSystem });

/** Each of them, called with an option that there is not. */
const CALLS: Readonly<Record<string, Readonly<Record<string, () => unknown>>>> = {
  format: {
    "FrameDecoder.constructor": () => new format.FrameDecoder(BAD),
    decodeStream: () => format.decodeStream([], BAD),
    resync: () => format.resync(new Uint8Array(0), 0, BAD),
  },
  safeatomic: {
    crashEverywhere: () => testing.crashEverywhere(BAD),
    createSimulatedDisk: () => testing.createSimulatedDisk(BAD),
    fsyncDir: () => safeatomic.fsyncDir("/", inStore),
    fsyncDirSync: () => safeatomic.fsyncDirSync("/", inStore),
    renameAtomic: () => safeatomic.renameAtomic("/a", "/b", inStore),
    renameAtomicSync: () => safeatomic.renameAtomicSync("/a", "/b", inStore),
    writeAppendFsync: () => safeatomic.writeAppendFsync("/a", "", inStore),
    writeAppendFsyncSync: () => safeatomic.writeAppendFsyncSync("/a", "", inStore),
    writeAtomic: () => safeatomic.writeAtomic("/a", "", inStore),
    writeAtomicSync: () => safeatomic.writeAtomicSync("/a", "", inStore),
    writeOnce: () => safeatomic.writeOnce("/a", "", inStore),
    writeOnceSync: () => safeatomic.writeOnceSync("/a", "", inStore),
    writeOnceWithParents: () => safeatomic.writeOnceWithParents("/a", "", inStore),
    writeOnceWithParentsSync: () => safeatomic.writeOnceWithParentsSync("/a", "", inStore),
  },
  "record-log": {
    "LogBase.scan": () => logReaders().scan(BAD),
    "RecordLog.dropSegmentsBefore": () => logs().dropSegmentsBefore(1, BAD),
    "RecordLog.dropSegmentsBeforeSync": () => logs().dropSegmentsBeforeSync(1, BAD),
    "RecordLog.open": () => datawal.RecordLog.open("/log", inStore),
    "RecordLog.openSync": () => datawal.RecordLog.openSync("/log", inStore),
    "RecordLogReader.follow": () => logReaders().follow(BAD),
    "RecordLogReader.open": () => datawal.RecordLogReader.open("/store", inStore),
    "RecordLogReader.openSync": () => datawal.RecordLogReader.openSync("/store", inStore),
    "RecordLogReader.refresh": () => logReaders().refresh(BAD),
    "RecordLogReader.refreshSync": () => logReaders().refreshSync(BAD),
    salvageTo: () => datawal.salvageTo("/store", "/to", inStore),
    salvageToSync: () => datawal.salvageToSync("/store", "/to", inStore),
    snapshotTo: () => datawal.snapshotTo("/store", "/to", inStore),
    snapshotToSync: () => datawal.snapshotToSync("/store", "/to", inStore),
    verifyLog: () => datawal.verifyLog("/store", inStore),
    verifyLogSync: () => datawal.verifyLogSync("/store", inStore),
  },
  datawal: {
    "DataWal.compact": () => writers().compact(BAD),
    "DataWal.compactSync": () => writers().compactSync(BAD),
    "DataWal.importJsonl": () => writers().importJsonl([], BAD),
    "DataWal.importJsonlSync": () => writers().importJsonlSync([], BAD),
    "DataWal.open": () => datawal.DataWal.open("/new", inStore),
    "DataWal.openSync": () => datawal.DataWal.openSync("/new", inStore),
    "DataWalReader.follow": () => readers().follow(BAD).next(),
    "DataWalReader.open": () => datawal.DataWalReader.open("/store", inStore),
    "DataWalReader.openSync": () => datawal.DataWalReader.openSync("/store", inStore),
    "DataWalView.compactTo": () => readers().compactTo("/to", BAD),
    "DataWalView.compactToSync": () => readers().compactToSync("/to", BAD),
    "DataWalView.entries": () => readers().entries(BAD),
    "DataWalView.exportJsonl": () => readers().exportJsonl("/to", BAD),
    "DataWalView.exportJsonlSync": () => readers().exportJsonlSync("/to", BAD),
    "DataWalView.keys": () => readers().keys(BAD),
    "DataWalView.scan": () => readers().scan(BAD),
    "DataWalView.snapshotTo": () => readers().snapshotTo("/to", BAD),
    "DataWalView.snapshotToSync": () => readers().snapshotToSync("/to", BAD),
    replaceStore: () => datawal.replaceStore("/store", "/other", inStore),
    replaceStoreSync: () => datawal.replaceStoreSync("/store", "/other", inStore),
  },
};

/** What only takes what it cannot do without. */
const WITHOUT_OPTIONAL = new Set(["testFileSystem"]);

test.each(Object.keys(CALLS))("whatever of %s takes options is called below", (folder) => {
  const report = readFileSync(join(import.meta.dirname, "../../../packages", folder, "api.md"), "utf8");
  expect(takers(report).filter((name) => !WITHOUT_OPTIONAL.has(name))).toEqual(
    Object.keys(CALLS[folder]!).sort(),
  );
});

test.each(
  Object.entries(CALLS).flatMap(([folder, calls]) =>
    Object.entries(calls).map(([name, call]) => [folder, name, call] as const),
  ),
)("%s: %s refuses an option that it has not", async (_, __, call) => {
  await expect((async () => await call())()).rejects.toMatchObject({
    name: "TypeError",
    code: expect.stringMatching(/^ERR_DATAWAL_BAD_(FILE_|CODEC_)?OPTION$/),
    option: "nonsense",
  });
});

test("a planted function with options is found, in a class and outside", () => {
  const planted =
    'interface SomeOptions {\n    one?: number;\n}\nclass A {\n    static a(x: string, options?: SomeOptions): void;\n    b(options?: { c?: number; }): void;\n    c(x: string): void;\n}\nfunction d(options?: Pick<SomeOptions, "one">): void;\n';
  expect(takers(`\`\`\`ts\n${planted}\`\`\``)).toEqual(["A.a", "A.b", "d"]);
});
