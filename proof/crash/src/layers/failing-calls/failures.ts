import type { Fault, PortCall, PortOperation, SimulatedDisk } from "@datawal/safeatomic/testing";

/** One way in which a call may fail. */
export interface Failure {
  /** As a case names it: `EIO-once`. */
  name: string;
  /** Whether it goes on, up to the closing of what is open: every later call that it applies to fails as well. */
  lasts: boolean;
  /** Whether a later call fails, too, where the failure lasts. */
  appliesTo(call: PortCall): boolean;
  /** Whether the operation has to succeed all the same. */
  isHarmless?: boolean;
  /** What happens instead of the call; nothing where the call is made, and the failure is another. */
  fault(call: PortCall, surroundings: Surroundings): Fault | undefined;
}

/** What a failure may act on beside the call. */
export interface Surroundings {
  disk: SimulatedDisk;
  controller: AbortController;
}

/** What an operation is given up with. */
export const GIVEN_UP = new Error("given up");

const always = () => true;
const isOneOf = (operations: readonly PortOperation[]) => (call: PortCall) =>
  operations.includes(call.operation);

const NAMES_FILES: readonly PortOperation[] = ["makeDirectory", "rename", "link", "open"];
const WRITES: readonly PortOperation[] = ["file.append", "file.appendParts"];
const CHANGES: readonly PortOperation[] = [
  "file.truncate",
  "removeFile",
  "removeDirectory",
  "lock.writeNote",
];
const OPENS: readonly PortOperation[] = ["open", "list", "fsyncDirectory", "fsyncDirectorySync", "lock"];

const isWrite = isOneOf(WRITES);
const isRead = isOneOf(["file.readAt"]);
const isFileSync = isOneOf(["file.fsync", "file.fsyncSync"]);
const needsSpace = isOneOf([...WRITES, ...NAMES_FILES]);

/** Each error, and which calls go on failing with it while its reason lasts. */
const ERRNOS: Readonly<Record<string, Failure["appliesTo"]>> = {
  EIO: always,
  ENOSPC: needsSpace,
  EDQUOT: needsSpace,
  EROFS: isOneOf([...WRITES, ...CHANGES, "makeDirectory", "rename", "link"]),
  EMFILE: isOneOf(OPENS),
  EACCES: isOneOf([...OPENS, "makeDirectory", "rename", "link", "removeFile", "removeDirectory"]),
  EINTR: always,
  EAGAIN: always,
};

/** Every way in which this call may fail. */
export function failuresOf(call: PortCall, takesSignal: boolean): Failure[] {
  const failures = Object.entries(ERRNOS).flatMap(([errno, appliesTo]) =>
    onceAndLasting(errno, appliesTo, () => ({ errno })),
  );
  if (isWrite(call)) failures.push(...shortCounts(call).flatMap((count) => short("write", count, isWrite)));
  if (isRead(call)) failures.push(...shortCounts(call).flatMap((count) => short("read", count, isRead)));
  if (isFileSync(call)) failures.push(...onceAndLasting("failed-write-back", isFileSync, failWriteBack));
  if (takesSignal) failures.push({ name: "abort", lasts: false, appliesTo: always, fault: abort });
  return failures;
}

/** Whether this failure leaves nothing that still works, cleaning up included. */
export function isEndOfAll({ lasts, appliesTo }: Failure): boolean {
  return lasts && appliesTo === always;
}

function onceAndLasting(name: string, appliesTo: Failure["appliesTo"], fault: Failure["fault"]): Failure[] {
  return [
    { name: `${name}-once`, lasts: false, appliesTo, fault },
    { name: `${name}-for-ever`, lasts: true, appliesTo, fault },
  ];
}

/** One byte, half of them, all but the last. */
function shortCounts({ byteCount = 0 }: PortCall): number[] {
  const counts = new Set([1, byteCount >> 1, byteCount - 1]);
  return [...counts].filter((count) => count > 0 && count < byteCount);
}

/** One short read or write is gone on with: the port allows it. */
function short(what: "read" | "write", count: number, appliesTo: Failure["appliesTo"]): Failure[] {
  const failures = onceAndLasting(`${what}-of-${count}-bytes`, appliesTo, ({ byteCount = 0 }) => ({
    count: Math.min(count, byteCount),
  }));
  return failures.map((failure) => ({ ...failure, isHarmless: !failure.lasts }));
}

/** As a kernel does: what waits is lost, still shown, and the sync that comes next tells it. */
function failWriteBack({ path }: PortCall, { disk }: Surroundings): undefined {
  disk.failWriteBack(path);
}

function abort(_call: PortCall, { controller }: Surroundings): undefined {
  controller.abort(GIVEN_UP);
}
