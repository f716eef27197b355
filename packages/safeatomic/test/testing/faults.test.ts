import { expect, test } from "vitest";
import {
  createSimulatedDisk,
  type Fault,
  type PortCall,
  StoppedError,
  withFaults,
} from "../../src/testing/index.js";
import { diskWith, textOf, treeOf } from "../kit/simulated-tree.js";

const bytes = new TextEncoder().encode("0123456789");

/** Uses every member of the port; the paths lie in an empty root. */
async function useEverything(fileSystem: ReturnType<typeof withFaults>): Promise<void> {
  fileSystem.makeDirectory("/d");
  const file = fileSystem.open("/d/file", "create");
  file.append(bytes, 0, 10);
  file.appendParts([bytes]);
  file.readAt(new Uint8Array(4), 0, 4, 0);
  file.truncate(12);
  file.stat();
  await file.fsync();
  file.fsyncSync();
  file.close();
  fileSystem.stat("/d");
  fileSystem.list("/d");
  fileSystem.realPath("/d");
  fileSystem.link("/d/file", "/d/second");
  fileSystem.rename("/d/second", "/d/third");
  fileSystem.requireDirectory?.("/d");
  fileSystem.freeBytes?.("/d");
  await fileSystem.fsyncDirectory("/d");
  fileSystem.fsyncDirectorySync("/d");
  const lock = fileSystem.lock("/lock", "owner");
  if (lock.state === "held") {
    lock.writeNote("note");
    lock.release();
  }
  fileSystem.lockState("/lock");
  fileSystem.removeFile("/d/file");
  fileSystem.removeFile("/d/third");
  fileSystem.removeDirectory("/d");
}

async function trace(decide: (call: PortCall) => Fault | undefined = () => undefined) {
  const calls: PortCall[] = [];
  const disk = createSimulatedDisk();
  const fileSystem = withFaults(disk, (call) => {
    calls.push(call);
    return decide(call);
  });
  const outcome = await useEverything(fileSystem).then(
    () => "done",
    (error: unknown) => error,
  );
  return { calls, disk, fileSystem, outcome };
}

test("every call of the port is counted, named and told with its path", async () => {
  const { calls, fileSystem } = await trace();
  expect(calls.map(({ index, operation, path }) => `${index} ${operation} ${path}`)).toEqual([
    "0 makeDirectory /d",
    "1 open /d/file",
    "2 file.append /d/file",
    "3 file.appendParts /d/file",
    "4 file.readAt /d/file",
    "5 file.truncate /d/file",
    "6 file.stat /d/file",
    "7 file.fsync /d/file",
    "8 file.fsyncSync /d/file",
    "9 file.close /d/file",
    "10 stat /d",
    "11 list /d",
    "12 realPath /d",
    "13 link /d/file",
    "14 rename /d/second",
    "15 requireDirectory /d",
    "16 freeBytes /d",
    "17 fsyncDirectory /d",
    "18 fsyncDirectorySync /d",
    "19 lock /lock",
    "20 lock.writeNote /lock",
    "21 lock.release /lock",
    "22 lockState /lock",
    "23 removeFile /d/file",
    "24 removeFile /d/third",
    "25 removeDirectory /d",
  ]);
  expect(fileSystem.callCount).toBe(26);
  expect(calls[2]).toMatchObject({ byteCount: 10 });
  expect(calls[14]).toMatchObject({ to: "/d/third" });
});

test("each call can be made to fail, and is then not made", async () => {
  for (let failing = 0; failing < 25; failing += 1) {
    const { calls, outcome } = await trace(({ index }) => (index === failing ? { errno: "EIO" } : undefined));
    expect(outcome).toMatchObject({
      code: "EIO",
      message: expect.stringContaining(calls[failing]?.operation ?? "?"),
    });
    expect(calls).toHaveLength(failing + 1);
  }
});

test("a close and a release that fail have closed and released all the same", async () => {
  const disk = diskWith({ "/d/file": "" });
  const fileSystem = withFaults(disk, ({ operation }) =>
    operation === "file.close" || operation === "lock.release" ? { errno: "EIO" } : undefined,
  );
  const file = fileSystem.open("/d/file", "read");
  const lock = fileSystem.lock("/d/lock", "owner");
  expect([fileSystem.openFileCount, fileSystem.heldLockCount]).toEqual([1, 1]);
  expect(() => file.close()).toThrow("EIO");
  expect(() => lock.state === "held" && lock.release()).toThrow("EIO");
  expect([fileSystem.openFileCount, fileSystem.heldLockCount]).toEqual([0, 0]);
  expect(disk.lockState("/d/lock").state).toBe("free");
});

test("a write or a read of which only some bytes are let through says so", () => {
  const disk = diskWith({ "/d/file": "" });
  const fileSystem = withFaults(disk, ({ byteCount }) =>
    byteCount === undefined ? undefined : { count: 3 },
  );
  const file = fileSystem.open("/d/file", "append");
  expect(file.append(bytes, 4, 6)).toBe(3);
  expect(file.appendParts([bytes.subarray(0, 2), bytes.subarray(7)])).toBe(3);
  expect(file.readAt(new Uint8Array(9), 0, 9, 0)).toBe(3);
  expect(textOf(disk, "/d/file")).toBe("456017");
});

test("a count is no fault of a call that has none", () => {
  const fileSystem = withFaults(createSimulatedDisk(), () => ({ count: 1 }));
  expect(() => fileSystem.list("/")).toThrow(TypeError);
});

test("once stopped, nothing happens any more, not even what was under way", async () => {
  const disk = diskWith({ "/d/file": "kept" });
  const fileSystem = withFaults(disk, ({ operation }) => (operation === "removeFile" ? "stop" : undefined));
  const file = fileSystem.open("/d/file", "append");
  const lock = fileSystem.lock("/d/lock", "owner");
  const sync = file.fsync();
  expect(() => fileSystem.removeFile("/d/file")).toThrow(StoppedError);
  await expect(sync).rejects.toThrow(StoppedError);
  expect(() => file.append(bytes, 0, 10)).toThrow(StoppedError);
  expect(() => file.close()).toThrow(StoppedError);
  expect(() => lock.state === "held" && lock.release()).toThrow(StoppedError);
  await expect(fileSystem.fsyncDirectory("/d")).rejects.toThrow(StoppedError);
  expect(disk.lockState("/d/lock").state).toBe("held");
  disk.killProcess();
  expect(disk.lockState("/d/lock").state).toBe("free");
  expect(treeOf(disk)["/d/file"]).toBe("kept");
});
