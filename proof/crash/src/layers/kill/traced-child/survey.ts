import { pathsOf, readTrace, type TracedCall } from "./strace.js";
import type { TracedChild } from "./traced-child.js";
import type { Form, Order, Workload } from "./workload.js";

/** What a workload does when nothing is done to it. */
export interface Survey {
  workload: Workload;
  form: Form;
  /** Every path at or below the child's directory that a call names, sorted. */
  paths: string[];
  /** From each system call on such a path to how often the thread makes it that makes it most often. */
  counts: Map<string, number>;
}

/**
 * Runs a workload undisturbed and looks at its calls on the child's directory.
 *
 * @param order Its place has been prepared.
 * @param calls The names of the system calls asked for.
 */
export function surveyOf(
  child: TracedChild,
  order: Order,
  workload: Workload,
  calls: readonly string[],
): Survey {
  const ending = child.run(order, { calls });
  if (ending.status !== 0)
    throw new Error(
      `${workload.name}: the child ended with ${ending.signal ?? ending.status}: ${ending.errorText}`,
    );
  const { directory, tracePath } = order.place;
  const isOurs = (path: string) => path === directory || path.startsWith(`${directory}/`);
  const traced = readTrace(tracePath).filter((call) => pathsOf(call).some(isOurs));
  const paths = new Set(traced.flatMap(pathsOf).filter(isOurs));
  return { workload, form: order.form, paths: [...paths].sort(), counts: countsOf(traced) };
}

function countsOf(traced: readonly TracedCall[]): Map<string, number> {
  const byThread = new Map<string, number>();
  const counts = new Map<string, number>();
  for (const { thread, call } of traced) {
    const count = (byThread.get(`${thread} ${call}`) ?? 0) + 1;
    byThread.set(`${thread} ${call}`, count);
    counts.set(call, Math.max(counts.get(call) ?? 0, count));
  }
  return counts;
}
