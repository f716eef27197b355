import { createSimulatedDisk } from "@datawal/safeatomic/testing";
import { describe, expect, test } from "vitest";
import type { FollowOptions, LogRecord } from "../../src/index.js";
import { frames, raw } from "../kit/frames.js";
import { overriding } from "../kit/open-file-wrapper.js";
import { openLog, openReader } from "../kit/open-log.js";
import { thrownBy } from "../kit/read-back.js";
import { diskWith, overwriteFile, STORE, writeFiles } from "../kit/store-files.js";

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

  // It ended with ERR_DATAWAL_SEGMENT_CHANGED: what a refresh had seen, and it had not yet read, had been cut.
  test("goes on where what it was to read next was cut, and less is there now", async () => {
    const disk = createSimulatedDisk();
    const { log, reader, next } = openFollowed({}, disk);
    log.append("1");
    const { offset } = log.append("cut before it was read");
    reader.refreshSync();
    log.closeSync();
    const segment = disk.open(`${STORE}/00000001.dwal`, "append");
    segment.truncate(offset);
    segment.close();
    openLog(disk).append("2");
    expect([await next(), await next()]).toEqual(["1", "2"]);
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

// It kept its byte position: 15 of 20 new records were skipped without a word, or it ended with a RangeError about a
// `from` that nobody had given.
describe("where what was yielded was cut off by a repair, and more appended", () => {
  /** A follower that has seen "1" to "4" of a log that then has "1", "2" and these. */
  async function afterRepair(appended: string[], options: FollowOptions = {}) {
    const disk = diskWith({
      "00000001.dwal": frames(...["1", "2", "3", "4"].map((text, i) => raw(i + 1, text))),
    });
    const records = openReader(disk).follow({ pollMs: 1, ...options });
    const next = async () => text((await records.next()).value);
    const skipped = options.from ? 2 : 0;
    for (const expected of ["1", "2", "3", "4"].slice(skipped)) expect(await next()).toBe(expected);
    const waiting = next();
    overwriteFile(
      disk,
      "00000001.dwal",
      frames(...["1", "2", ...appended].map((text, i) => raw(i + 1, text))),
    );
    return { next, waiting };
  }

  test.each([[["a"]], [["a", "b"]], [["a", "b", "c"]], [["longer", "b", "c"]]])(
    "follow tells it, and starts again: %j",
    async (appended) => {
      let resets = 0;
      const { next, waiting } = await afterRepair(appended, { onReset: () => void resets++ });
      const seen = [await waiting];
      for (let count = appended.length + 1; count > 0; count--) seen.push(await next());
      expect(seen).toEqual(["1", "2", ...appended]);
      expect(resets).toBe(1);
    },
  );

  test("it starts again where it was asked to", async () => {
    const from = { segment: 1, offset: 58 };
    const { next, waiting } = await afterRepair(["a", "b"], { from, onReset: () => undefined });
    expect([await waiting, await next()]).toEqual(["a", "b"]);
  });

  test("without onReset it ends with ERR_DATAWAL_READER_STALE", async () => {
    const { waiting } = await afterRepair(["a", "b", "c"]);
    await expect(waiting).rejects.toMatchObject({ code: "ERR_DATAWAL_READER_STALE" });
  });

  test("and so it does where no record begins any more where it was asked to start", async () => {
    const disk = diskWith({ "00000001.dwal": frames(raw(1, "1"), raw(2, "2")) });
    const from = { segment: 1, offset: 29 };
    const records = openReader(disk).follow({ pollMs: 1, from, onReset: () => undefined });
    expect(text((await records.next()).value)).toBe("2");
    const waiting = records.next();
    overwriteFile(disk, "00000001.dwal", frames(raw(1, "longer")));
    await expect(waiting).rejects.toMatchObject({ code: "ERR_DATAWAL_READER_STALE" });
  });

  // The last record that a listing of the end gave: `tail --follow` starts there.
  test("a position at the end of the log is kept only as long as the record before it", async () => {
    const disk = diskWith({ "00000001.dwal": frames(raw(1, "1"), raw(2, "2")) });
    const records = openReader(disk).follow({ pollMs: 1, from: { segment: 1, offset: 58 } });
    const waiting = records.next();
    overwriteFile(disk, "00000001.dwal", frames(raw(1, "1"), raw(2, "x"), raw(3, "3")));
    await expect(waiting).rejects.toMatchObject({ code: "ERR_DATAWAL_READER_STALE" });
  });

  test("a scan that runs ends with ERR_DATAWAL_READER_STALE, and a refresh within it", () => {
    const disk = diskWith({
      "00000001.dwal": frames(raw(1, "1"), raw(2, new Uint8Array(300_000)), raw(3, "3")),
    });
    const reader = openReader(disk);
    const [scan, other] = [reader.scan()[Symbol.iterator](), reader.scan()[Symbol.iterator]()];
    expect([text(scan.next().value!), text(other.next().value!)]).toEqual(["1", "1"]);
    overwriteFile(disk, "00000001.dwal", frames(raw(1, "1"), raw(2, new Uint8Array(300_001)), raw(3, "3")));
    expect(thrownBy(() => scan.next())).toMatchObject({ code: "ERR_DATAWAL_READER_STALE" });
    reader.refreshSync();
    expect(thrownBy(() => other.next())).toMatchObject({ code: "ERR_DATAWAL_READER_STALE" });
  });

  test("a segment that another program removes from the middle of what is to come ends it", async () => {
    const disk = diskWith({ "00000001.dwal": frames(raw(1, "1")) });
    const records = openReader(disk).follow({ pollMs: 1 });
    expect(text((await records.next()).value)).toBe("1");
    const waiting = records.next();
    writeFiles(disk, { "00000003.dwal": frames(raw(3, "3")) });
    await expect(waiting).rejects.toMatchObject({ code: "ERR_DATAWAL_STORE_IO", errno: "ENOENT" });
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

  // It waited for that refresh, which a slow callback held up, before it looked at its signal.
  test("with the signal's reason while somebody else's refresh is under way", async () => {
    const controller = new AbortController();
    const { log, reader, next } = openFollowed({ signal: controller.signal, pollMs: 1 });
    log.append("a");
    await next();
    let release = () => {};
    const held = new Promise<void>((resolve) => {
      release = resolve;
    });
    log.append("b");
    const refreshing = reader.refresh({ onProgress: () => held });
    const ended = next();
    // Until its pause is over.
    await new Promise((resolve) => setTimeout(resolve, 10));
    controller.abort("enough");
    await expect(ended).rejects.toBe("enough");
    release();
    await refreshing;
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
