import { setImmediate } from "node:timers/promises";
import { type LogRecord, RecordLog, RecordLogReader } from "@datawal/record-log";
import type { Ledger } from "../differences/ledger.js";
import { Operation } from "../reference/operations.js";
import { ReferenceProcess } from "../reference/reference-process.js";
import { type Pace, Reference } from "../sides/reference.js";
import { attempt } from "../sides/refusal.js";
import type { Section, SectionResult, Stage } from "./section.js";

const RECORDS = 60_000;
/** A round ends when the reader has seen all that was written in it: so it reads beside a writer, however busy the machine. */
const ROUNDS = 20;
const PACE: Pace = { rotateEvery: 701, fsyncEvery: 97, pauseEvery: 130 };
/** Only a reader that hangs needs it. */
const DEADLINE_MS = 120_000;

/** A writer of one side appends and rotates while a reader of the other follows: each look shows a beginning of it all. */
export const livePair: Section = {
  name: "live-pair",
  unit: "records",
  async run(stage: Stage): Promise<SectionResult> {
    const perRound = Math.ceil((RECORDS * stage.scale) / ROUNDS);
    const followed = await followTheReference(stage, perRound);
    const watched = await letTheReferenceWatch(stage, perRound);
    return { cases: 2 * perRound * ROUNDS, facts: [followed, watched] };
  },
};

/** Our reader follows the reference's writer. */
async function followTheReference({ program, scratch, ledger }: Stage, perRound: number): Promise<string> {
  const dir = scratch.newPath();
  await using process = new ReferenceProcess([program]);
  const log = await new Reference(process).open(dir, "log");
  using reader = RecordLogReader.openSync(dir);
  const following = reader.follow({ pollMs: 1, signal: AbortSignal.timeout(DEADLINE_MS) });
  let seen = 0;
  let isWriting = false;
  let seenWhileWriting = 0;
  for (let round = 1; round <= ROUNDS && ledger.failures.length === 0; round++) {
    isWriting = true;
    const writing = log.writeLive(seen, round * perRound, PACE).finally(() => {
      isWriting = false;
    });
    while (seen < round * perRound && ledger.failures.length === 0) {
      const next = await attempt(() => following.next());
      if (next.ok) checkRecord(next.value.value, seen, ledger);
      else ledger.fail(`live pair: our reader fails after ${seen} records: ${next.refusal.text}`);
      seen++;
      if (isWriting) seenWhileWriting++;
    }
    await writing;
  }
  return `our reader saw ${seen} records of the reference's, ${seenWhileWriting} of them while it was writing, over ${reader.segments.length} segments`;
}

function checkRecord({ txid, payload: found }: LogRecord, number: number, ledger: Ledger): void {
  if (txid === BigInt(number + 1) && Buffer.compare(found, payload(number)) === 0) return;
  ledger.fail(`live pair: our reader's record ${number} has txid ${txid}, or other bytes`);
}

/** The reference's reader looks again and again at what our writer writes. */
async function letTheReferenceWatch({ program, scratch, ledger }: Stage, perRound: number): Promise<string> {
  const dir = scratch.newPath();
  await using process = new ReferenceProcess([program]);
  await using log = await RecordLog.open(dir, { segmentBytesMax: Number.POSITIVE_INFINITY });
  let looks = 0n;
  let growths = 0n;
  for (let round = 1; round <= ROUNDS && ledger.failures.length === 0; round++) {
    const end = round * perRound;
    const watching = attempt(() =>
      process.request(Operation.watchLive, (message) =>
        message.text(dir).u64(BigInt(end)).u64(BigInt(DEADLINE_MS)),
      ),
    );
    await writeLive(log, end - perRound, end);
    const watched = await watching;
    if (!watched.ok) ledger.fail(`live pair: the reference's reader: ${watched.refusal.text}`);
    else {
      looks += watched.value.u64();
      growths += watched.value.u64();
    }
  }
  return `the reference's reader looked ${looks} times at ${ROUNDS * perRound} records of ours, and saw more than before ${growths} times`;
}

async function writeLive(log: RecordLog, first: number, end: number): Promise<void> {
  for (let number = first + 1; number <= end; number++) {
    log.append(payload(number - 1));
    if (number % PACE.fsyncEvery === 0) await log.fsync();
    if (number % PACE.rotateEvery === 0) log.rotateSync();
    if (number % PACE.pauseEvery === 0) await setImmediate();
  }
}

/** What rust/src/live.rs writes and expects. */
function payload(number: number): Uint8Array {
  const bytes = Buffer.alloc(8 + (number % 200), number & 0xff);
  bytes.writeBigUInt64LE(BigInt(number));
  return bytes;
}
