import type { RecordRef } from "../log-record.js";
import { checkRef } from "./check-position.js";

/** The longest run that is read at once, unless it is a single record. */
export const RUN_BYTES_MAX = 256 * 1024;
/** Reading so many bytes that nobody asked for costs less than another system call, which is that of 4 KiB. */
const GAP_BYTES_MAX = 4096;

/**
 * Divides records into runs that one read serves: in ascending order within a segment, close together.
 *
 * @returns Runs of at least one record; the array is the caller's until the next one is drawn.
 * @throws RangeError ERR_DATAWAL_BAD_REF
 */
export function* runsOf(refs: Iterable<RecordRef>): Generator<readonly RecordRef[], void, void> {
  const run: RecordRef[] = [];
  for (const ref of refs) {
    checkRef(ref);
    if (run.length > 0 && !goesOn(run, ref)) {
      yield run;
      run.length = 0;
    }
    run.push(ref);
  }
  if (run.length > 0) yield run;
}

function goesOn(run: readonly RecordRef[], next: RecordRef): boolean {
  const first = run[0]!;
  const last = run[run.length - 1]!;
  const gap = next.offset - (last.offset + last.len);
  return (
    next.segment === first.segment &&
    gap >= 0 &&
    gap <= GAP_BYTES_MAX &&
    next.offset + next.len - first.offset <= RUN_BYTES_MAX
  );
}
