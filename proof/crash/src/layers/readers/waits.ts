/** Runs work whose waits on this thread take no time: `onWait` is called in place of each. */
export function withWaits<Result>(onWait: () => void, work: () => Result): Result {
  const { wait } = Atomics;
  Atomics.wait = () => {
    onWait();
    return "timed-out";
  };
  try {
    return work();
  } finally {
    Atomics.wait = wait;
  }
}
