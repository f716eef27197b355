import { BrokenDemand } from "../broken-demand.js";

/** More turns of the event loop than any operation here takes. */
const TURNS_MAX = 10_000;

/** The promise, or a violation where it never settles: a caller would wait for ever. */
export async function settled<T>(value: T | Promise<T>): Promise<T> {
  if (!(value instanceof Promise)) return value;
  let isOver = false;
  const over = value.finally(() => {
    isOver = true;
  });
  const waited = (async () => {
    for (let turn = 0; turn < TURNS_MAX && !isOver; turn++)
      await new Promise((resolve) => setImmediate(resolve));
    if (!isOver) throw new BrokenDemand("every call comes to an end", "its promise does not settle");
  })();
  await Promise.race([over, waited]);
  return over;
}
