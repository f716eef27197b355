/** How a run of the program `flock` has ended. */
export interface ProgramRun {
  status: number | null;
  signal: string | null;
  stderr: string;
  /** It could not be run. */
  error?: Error | undefined;
}

/** A run that is asked for; the program gets our descriptor as its number 3. */
export interface ProgramCall {
  args: readonly string[];
  descriptor: number;
}

export type Asking<T> = Generator<ProgramCall, T, ProgramRun>;

/** Not among the statuses that util-linux ends with by itself: 0, 1 and those of sysexits.h, 64 to 78. */
const HELD_STATUS = 200;
/** How programs end that do not know `-E`: busybox and toybox, and util-linux before 2.22. */
const NO_SUCH_OPTION: ReadonlySet<number | null> = new Set([1, 64]);
/** A run takes 5 ms; one that takes this long hangs. */
const RUN_MS_MAX = 5_000;

/**
 * Lets the program lock our own descriptor without waiting: the lock belongs to the open file description, and stays
 * ours when the program has ended.
 *
 * Its status decides, whatever it, or the loader of its libraries, says beside it. Where it has the one status 1 for a
 * held lock and for any failure, it says nothing of a held lock: nothing but what it says of an unlocking that succeeds,
 * which does nothing to a description that holds no lock.
 *
 * @returns Whether the lock is ours; `undefined` where neither that nor the contrary is known.
 */
export function* lockByProgram(
  descriptor: number,
): Asking<{ isLocked: boolean | undefined; run: ProgramRun }> {
  const run = yield { descriptor, args: ["-n", "-x", "-E", String(HELD_STATUS), "3"] };
  if (!NO_SUCH_OPTION.has(run.status)) return { isLocked: meaningOf(run.status, HELD_STATUS), run };
  const plain = yield { descriptor, args: ["-n", "-x", "3"] };
  if (plain.status !== 1 || plain.stderr === "") return { isLocked: meaningOf(plain.status, 1), run: plain };
  const unlocking = yield { descriptor, args: ["-u", "3"] };
  const isNoise = unlocking.status === 0 && unlocking.stderr === plain.stderr;
  return { isLocked: isNoise ? false : undefined, run: plain };
}

function meaningOf(status: number | null, heldStatus: number): boolean | undefined {
  if (status === 0) return true;
  return status === heldStatus ? false : undefined;
}

export function describeRun({ error, signal, status, stderr }: ProgramRun): string {
  if (signal) return `the program ended with ${signal} (it is killed after ${RUN_MS_MAX / 1000} s)`;
  return error ? error.message : `the program ended with ${status}: ${stderr.trim()}`;
}

const RUN_OPTIONS = { timeout: RUN_MS_MAX, killSignal: "SIGKILL" } as const;

/** Loaded when it is needed: to load it takes as long as all of this package, and most locks need no program. */
const children = () => process.getBuiltinModule("node:child_process");

function runHere({ args, descriptor }: ProgramCall): ProgramRun {
  return children().spawnSync("flock", args, {
    ...RUN_OPTIONS,
    stdio: ["ignore", "ignore", "pipe", descriptor],
    encoding: "utf8",
  });
}

function runBeside({ args, descriptor }: ProgramCall): Promise<ProgramRun> {
  return new Promise((resolve) => {
    let stderr = "";
    // The time limit is by Node's own timer, which nobody fakes.
    const child = children().spawn("flock", args, {
      ...RUN_OPTIONS,
      stdio: ["ignore", "ignore", "pipe", descriptor],
    });
    child.stderr?.setEncoding("utf8").on("data", (text: string) => {
      stderr += text;
    });
    child.on("error", (error) => resolve({ status: null, signal: null, stderr, error }));
    // What a killed program has started may hold the pipe open for ever.
    child.on("exit", (_, signal) => signal && child.stderr?.destroy());
    child.on("close", (status, signal) => resolve({ status, signal, stderr }));
  });
}

// What keeps Node from starting a program is told where that was asked for, which then closes what it has opened.

/** Runs the program on this thread, for as long as it takes. */
export function askHere<T>(asking: Asking<T>): T {
  let step = asking.next();
  while (!step.done) {
    let run: ProgramRun;
    try {
      run = runHere(step.value);
    } catch (error) {
      step = asking.throw(error);
      continue;
    }
    step = asking.next(run);
  }
  return step.value;
}

/** Runs the program beside this thread. Without a call of it, all is done when this returns its promise. */
export async function askBeside<T>(asking: Asking<T>): Promise<T> {
  let step = asking.next();
  while (!step.done) {
    let run: ProgramRun;
    try {
      run = await runBeside(step.value);
    } catch (error) {
      step = asking.throw(error);
      continue;
    }
    step = asking.next(run);
  }
  return step.value;
}
