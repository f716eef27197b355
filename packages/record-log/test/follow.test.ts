import { createSimulatedDisk } from "@datawal/safeatomic/testing";
import { describe, expect, test } from "vitest";
import type { FollowOptions, LogRecord } from "../src/index.js";
import { frames, raw } from "./kit/frames.js";
import { overriding } from "./kit/open-file-wrapper.js";
import { openLog, openReader } from "./kit/open-log.js";
import { thrownBy } from "./kit/read-back.js";
import { diskWith, STORE } from "./kit/store-files.js";

const text = ({ payload }: LogRecord) => new TextDecoder().decode(payload);

/** A log, and what follows it; `next` waits for one record's payload. */
function openFollowed(options: FollowOptions = {}, fileSystem = createSimulatedDisk()) {
  const log = openLog(fileSystem);
  const reader = openReader(fileSystem);
  const records = reader.follow({ pollMs: 1, ...options });
  const next = async () => text((await records.next()).value);
  return { log, reader, records, next };
}

describe("follow", () => {
  test("yields what is there, then what is appended, over rotations", async () => {
    const { log, next } = openFollowed();
    log.appendMany(["1", "2"]);
    expect([await next(), await next()]).toEqual(["1", "2"]);
    const third = next();
    log.append("3");
    expect(await third).toBe("3");
    log.rotateSync();
    log.rotateSync();
    log.append("4");
    expect(await next()).toBe("4");
    log.append("5");
    log.rotateSync();
    log.append("6");
    expect([await next(), await next()]).toEqual(["5", "6"]);
  });

  test("starts at a position", async () => {
    const disk = createSimulatedDisk();
    const log = openLog(disk);
    const [, second] = log.appendMany(["1", "2"]);
    const records = openReader(disk).follow({ from: second!, pollMs: 1 });
    expect(text((await records.next()).value)).toBe("2");
  });

  test("goes on with what is left where the writer drops what was read, or what was not", async () => {
    const { log, next } = openFollowed();
    for (const payload of ["1", "2", "3", "4"]) {
      log.append(payload);
      log.rotateSync();
    }
    expect(await next()).toBe("1");
    log.dropSegmentsBeforeSync(2);
    expect(await next()).toBe("2");
    log.dropSegmentsBeforeSync(4);
    expect(await next()).toBe("4");
    log.append("5");
    expect(await next()).toBe("5");
  });

  // The segment was listed when the reader looked, and gone when its turn came: the follower ended with ENOENT.
  test("goes on where a segment is dropped between the look at the directory and its turn", async () => {
    const disk = createSimulatedDisk();
    const log = openLog(disk);
    for (const payload of ["1", "2", "3"]) {
      log.append(payload);
      log.rotateSync();
    }
    const records = openReader(disk).follow({ pollMs: 1 });
    expect(text((await records.next()).value)).toBe("1");
    log.dropSegmentsBeforeSync(3);
    expect(text((await records.next()).value)).toBe("3");
  });

  test("waits at a torn tail for the writer to finish it", async () => {
    const whole = frames(raw(1, "1"), raw(2, "2"));
    const disk = diskWith({ "00000001.dwal": whole.slice(0, 40) });
    const records = openReader(disk).follow({ pollMs: 1 });
    expect(text((await records.next()).value)).toBe("1");
    const second = records.next();
    const file = disk.open(`${STORE}/00000001.dwal`, "append");
    file.append(whole, 40, whole.length - 40);
    expect(text((await second).value)).toBe("2");
  });

  test("ends when its consumer does, and leaves the reader open", async () => {
    const { log, reader, records } = openFollowed();
    log.appendMany(["1", "2"]);
    for await (const record of records) {
      if (text(record) === "2") break;
    }
    expect((await records.next()).done).toBe(true);
    expect([...reader.scan()]).toHaveLength(2);
  });
});

describe("follow ends", () => {
  test("with the signal's reason while it waits", async () => {
    const controller = new AbortController();
    const { log, next } = openFollowed({ signal: controller.signal, pollMs: 60_000 });
    log.closeSync();
    const waiting = next();
    controller.abort(new Error("enough"));
    await expect(waiting).rejects.toThrow("enough");
  });

  test("with the signal's reason between two records", async () => {
    const controller = new AbortController();
    const { log, next } = openFollowed({ signal: controller.signal });
    log.appendMany(["1", "2"]);
    expect(await next()).toBe("1");
    controller.abort("enough");
    await expect(next()).rejects.toBe("enough");
  });

  test("at once with a signal that is aborted already", async () => {
    const { next } = openFollowed({ signal: AbortSignal.abort("never") });
    await expect(next()).rejects.toBe("never");
  });

  // A follower with a long pause kept the process alive after its reader was closed, until the pause was over.
  test("with ERR_DATAWAL_CLOSED as soon as its reader is closed", async () => {
    const { reader, next } = openFollowed({ pollMs: 60_000 });
    const waiting = next();
    await reader.close();
    await expect(waiting).rejects.toMatchObject({ code: "ERR_DATAWAL_CLOSED" });
  });

  test("with ERR_DATAWAL_READER_STALE when the directory is replaced", async () => {
    const disk = createSimulatedDisk();
    const { log, next } = openFollowed({}, disk);
    log.closeSync();
    disk.rename(STORE, "/moved");
    disk.makeDirectory(STORE);
    await expect(next()).rejects.toMatchObject({ code: "ERR_DATAWAL_READER_STALE" });
  });

  test("with what the disk says", async () => {
    const disk = createSimulatedDisk();
    openLog(disk).append("1");
    let isBroken = false;
    const reader = openReader(
      overriding(disk, {
        list: (directory) => {
          if (isBroken) throw Object.assign(new Error("EIO: broken"), { code: "EIO" });
          return disk.list(directory);
        },
      }),
    );
    const records = reader.follow({ pollMs: 1 });
    await records.next();
    isBroken = true;
    await expect(records.next()).rejects.toMatchObject({ code: "ERR_DATAWAL_STORE_IO", errno: "EIO" });
  });
});

test("a pause that is none, or no position, is refused when it is called", () => {
  const reader = openReader(diskWith({}));
  // 2^31 is more than a timer takes: Node would make it 1 ms.
  for (const pollMs of [0, -1, Number.NaN, "50", null, 2 ** 31, Number.POSITIVE_INFINITY]) {
    const error = thrownBy(() => reader.follow({ pollMs: pollMs as number }));
    expect(error).toBeInstanceOf(RangeError);
    expect(error).toMatchObject({ code: "ERR_DATAWAL_BAD_OPTION", option: "pollMs", actual: pollMs });
  }
  expect(thrownBy(() => reader.follow({ from: { segment: -1, offset: 0 } }))).toMatchObject({
    code: "ERR_DATAWAL_BAD_REF",
  });
});
