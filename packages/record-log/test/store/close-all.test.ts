import { expect, test } from "vitest";
import { closeAll } from "../../src/store/close-all.js";
import { thrownBy } from "../kit/read-back.js";

test("closes each, and throws the first failure when all are closed", () => {
  const closed: number[] = [];
  const closeable = (id: number, error?: Error) => ({
    close: () => {
      closed.push(id);
      if (error) throw error;
    },
  });
  closeAll([closeable(1), closeable(2)]);
  const first = new Error("first");
  expect(
    thrownBy(() =>
      closeAll([closeable(3), closeable(4, first), closeable(5, new Error("second")), closeable(6)]),
    ),
  ).toBe(first);
  expect(closed).toEqual([1, 2, 3, 4, 5, 6]);
});
