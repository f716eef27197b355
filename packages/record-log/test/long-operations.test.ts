import { type Steps, waitFor } from "@datawal/safeatomic/internal";
import { expect, test } from "vitest";
import { LongOperations } from "../src/long-operations.js";
import { turnOfEventLoop } from "./kit/held-syncs.js";
import { outcomesOf, watch } from "./kit/watched-promise.js";

/** So many steps, each of which waits a turn of the event loop. */
function* work(steps: number, onEnd: () => void = () => undefined): Steps<string> {
  try {
    for (let step = 0; step < steps; step++) {
      yield { kind: "progress", bytesDone: step, bytesTotal: steps };
      yield* waitFor(turnOfEventLoop, () => undefined);
    }
    return "done";
  } finally {
    onEnd();
  }
}

test("an operation runs to its end, with progress", async () => {
  const progress: number[] = [];
  const operations = new LongOperations();
  const onProgress = ({ bytesDone }: { bytesDone: number }) => void progress.push(bytesDone);
  expect(await operations.run(work(3), { onProgress })).toBe("done");
  expect(progress).toEqual([0, 1, 2]);
});

test("its own signal ends one, the end of all ends the others at their next step", async () => {
  const operations = new LongOperations();
  const controller = new AbortController();
  const first = watch(operations.run(work(9), { signal: controller.signal }));
  const second = watch(operations.run(work(Number.POSITIVE_INFINITY)));
  controller.abort("first");
  while (first.outcome === "pending") await turnOfEventLoop();
  expect([first, second].map(({ outcome }) => outcome)).toEqual(["first", "pending"]);
  operations.end(() => new Error("all"));
  await operations.settled();
  expect(second.error).toMatchObject({ message: "all" });
});

test("settled waits until what is under way has cleaned up, and for nothing else", async () => {
  const operations = new LongOperations();
  await operations.settled();
  let isOver = false;
  const running = watch(
    operations.run(
      work(9, () => {
        isOver = true;
      }),
    ),
  );
  operations.end(() => "closed");
  expect(isOver).toBe(false);
  await operations.settled();
  expect(isOver).toBe(true);
  expect(await outcomesOf(running)).toEqual(["closed"]);
});

test("the ending signal follows the caller's and the end of all, whichever comes first", () => {
  const operations = new LongOperations();
  const controller = new AbortController();
  const first = operations.endingSignal(controller.signal);
  const second = operations.endingSignal(undefined);
  controller.abort("caller");
  operations.end(() => "closed");
  expect([first.reason, second.reason]).toEqual(["caller", "closed"]);
  expect(operations.endingSignal(new AbortController().signal).reason).toBe("closed");
});
