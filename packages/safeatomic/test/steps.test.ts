import { describe, expect, test } from "vitest";
import { fsyncFile, runAsync, runSync, type Steps, waitFor } from "../src/internal.js";

/** Counts its syncs; fails the one with this number. */
function device(failAt = 0) {
  const calls: string[] = [];
  const sync = (form: string) => {
    calls.push(form);
    if (calls.length === failAt) throw new Error(`sync ${failAt} failed`);
  };
  return { calls, fsync: async () => sync("fsync"), fsyncSync: () => sync("fsyncSync") };
}

function* pieces(count: number, log: string[] = []): Steps<string> {
  try {
    for (let done = 0; done < count; done += 1) {
      yield { kind: "progress", bytesDone: done, bytesTotal: count };
      log.push(`piece ${done}`);
    }
    return "done";
  } finally {
    log.push("finally");
  }
}

function* twoSyncs(target: ReturnType<typeof device>): Steps<string> {
  try {
    yield* fsyncFile(target);
  } catch (error) {
    return `caught: ${String(error)}`;
  }
  yield* fsyncFile(target);
  return "both";
}

const drivers = {
  runSync: async <T>(steps: Steps<T>, options = {}) => runSync(steps, options),
  runAsync,
};

describe.each(Object.entries(drivers))("%s", (name, run) => {
  test("returns what the operation returns, and reports each piece", async () => {
    const seen: number[] = [];
    const options = { onProgress: ({ bytesDone }: { bytesDone: number }) => seen.push(bytesDone) };
    expect(await run(pieces(3), options)).toBe("done");
    expect(seen).toEqual([0, 1, 2]);
  });

  test("syncs where the operation asks for it", async () => {
    const target = device();
    expect(await run(twoSyncs(target))).toBe("both");
    expect(target.calls).toEqual(name === "runSync" ? ["fsyncSync", "fsyncSync"] : ["fsync", "fsync"]);
  });

  test("throws a failed sync into the operation, which may handle it", async () => {
    expect(await run(twoSyncs(device(1)))).toBe("caught: Error: sync 1 failed");
    await expect(run(twoSyncs(device(2)))).rejects.toThrow("sync 2 failed");
  });

  test("throws the reason of an abort in before the next piece, and runs finally", async () => {
    const controller = new AbortController();
    const log: string[] = [];
    const onProgress = ({ bytesDone }: { bytesDone: number }) => {
      if (bytesDone === 1) controller.abort("enough");
    };
    await expect(run(pieces(5, log), { signal: controller.signal, onProgress })).rejects.toBe("enough");
    expect(log).toEqual(["piece 0", "finally"]);
  });

  test("an operation aborted before it begins does nothing", async () => {
    const log: string[] = [];
    await expect(run(pieces(5, log), { signal: AbortSignal.abort("never") })).rejects.toBe("never");
    expect(log).toEqual(["finally"]);
  });

  test("an abort does not interrupt a sync", async () => {
    const target = device();
    await expect(run(twoSyncs(target), { signal: AbortSignal.abort() })).resolves.toBe("both");
  });

  test("syncs that finally blocks ask for are made on an abort too", async () => {
    const target = device();
    function* operation(): Steps<void> {
      try {
        yield { kind: "progress", bytesDone: 0, bytesTotal: 1 };
      } finally {
        yield* fsyncFile(target);
      }
    }
    await expect(run(operation(), { signal: AbortSignal.abort("stop") })).rejects.toBe("stop");
    expect(target.calls).toHaveLength(1);
  });

  test("what onProgress throws ends the operation", async () => {
    const log: string[] = [];
    const onProgress = () => {
      throw new Error("no more");
    };
    await expect(run(pieces(2, log), { onProgress })).rejects.toThrow("no more");
    expect(log).toEqual(["finally"]);
  });
});

test("runAsync has begun when it returns its promise", async () => {
  const target = device();
  const promise = runAsync(twoSyncs(target));
  expect(target.calls).toEqual(["fsync"]);
  await promise;
});

test("runAsync waits for the promise that onProgress returns, and ends if it rejects", async () => {
  const log: string[] = [];
  const onProgress = async ({ bytesDone }: { bytesDone: number }) => {
    await new Promise((resolve) => setImmediate(resolve));
    log.push(`reported ${bytesDone}`);
    if (bytesDone === 1) throw new Error("the reader has gone");
  };
  await expect(runAsync(pieces(3, log), { onProgress })).rejects.toThrow("the reader has gone");
  expect(log).toEqual(["reported 0", "piece 0", "reported 1", "finally"]);
});

/** Counts the event loop's turns while `run` is under way. */
async function turnsDuring(run: () => Promise<unknown>): Promise<number> {
  let turns = 0;
  let turn = setImmediate(function again() {
    turns += 1;
    turn = setImmediate(again);
  });
  await run();
  clearImmediate(turn);
  return turns;
}

function* busyPieces(count: number, ms: number, between: () => Steps<void>): Steps<void> {
  for (let piece = 0; piece < count; piece += 1) {
    const end = performance.now() + ms;
    while (performance.now() < end);
    yield* between();
    yield { kind: "progress", bytesDone: piece, bytesTotal: count };
  }
}

// It waited for ever where what was answered waited for the operation, and so did whoever closed its handle.
test("runAsync ends with an abort also where the answer of onProgress never comes", async () => {
  for (const abortsWithin of [true, false]) {
    const controller = new AbortController();
    const onProgress = () => {
      if (abortsWithin) controller.abort("given up");
      else setImmediate(() => controller.abort("given up"));
      return new Promise(() => {});
    };
    const log: string[] = [];
    const running = runAsync(pieces(3, log), { signal: controller.signal, onProgress });
    await expect(running).rejects.toBe("given up");
    expect(log).toEqual(["finally"]);
  }
});

test("runAsync gives the event loop a turn when a piece has taken long", async () => {
  const turns = await turnsDuring(() => runAsync(busyPieces(4, 12, function* () {})));
  expect(turns).toBeGreaterThanOrEqual(3);
});

// Each wait once began the time anew: an import from a source that always has an answer kept the event loop for itself.
test("runAsync gives the event loop its turns also between waits that need none", async () => {
  const answered = () => waitFor<void>(Promise.resolve.bind(Promise), () => undefined);
  expect(await turnsDuring(() => runAsync(busyPieces(60, 2.1, answered)))).toBeGreaterThanOrEqual(14);
});
