import { decodeNext, encodeRecord } from "@datawal/format";
import { Random } from "../kit/random.js";
import { MessageWriter } from "../reference/message.js";
import { Operation } from "../reference/operations.js";
import { ReferenceProcess } from "../reference/reference-process.js";
import { type MutatedBuffer, mutatedBuffer } from "./decoder/mutated-buffer.js";
import { OUTCOMES, outcomeName, writeOutcome } from "./decoder/outcome.js";
import type { Section, SectionResult, Stage } from "./section.js";

const BUFFERS = 1_000_000;
const BUFFERS_A_REQUEST = 5000;
/** Of all buffers, in each outcome. */
const SHARE_MIN = 0.01;
const ENCODED_RECORDS = 20_000;

/** Mutated buffers through both decoders: the same outcome with the same numbers, key and payload. */
export const decoder: Section = {
  name: "decoder",
  unit: "buffers",
  async run({ seed, scale, program, ledger }: Stage): Promise<SectionResult> {
    await using process = new ReferenceProcess([program]);
    const random = new Random(seed);
    const counts = new Map<string, number>(OUTCOMES.map((name) => [name, 0]));
    const total = Math.ceil((BUFFERS * scale) / BUFFERS_A_REQUEST) * BUFFERS_A_REQUEST;
    let pending: Promise<string | undefined> = Promise.resolve(undefined);
    for (let done = 0; done < total && ledger.failures.length === 0; done += BUFFERS_A_REQUEST) {
      const compared = compareMany(process, random, counts);
      const difference = await pending;
      if (difference) ledger.fail(difference);
      // The reference decodes this lot while the next one is made.
      pending = compared;
    }
    const difference = await pending;
    if (difference) ledger.fail(difference);
    requireShares(counts, total, ledger);
    const encoded = await compareEncoders(process, random, Math.ceil(ENCODED_RECORDS * scale), ledger);
    const shares = [...counts].map(([name, count]) => `${name} ${((100 * count) / total).toFixed(1)} %`);
    return { cases: total + encoded, facts: [shares.join(", "), `${encoded} records through both encoders`] };
  },
};

/** Returns the first difference, if any. */
async function compareMany(
  process: ReferenceProcess,
  random: Random,
  counts: Map<string, number>,
): Promise<string | undefined> {
  const buffers = Array.from({ length: BUFFERS_A_REQUEST }, () => mutatedBuffer(random));
  const asked = process.request(Operation.decodeAll, (message) => {
    message.u32(buffers.length);
    for (const { offset, bytes } of buffers) message.u32(offset).bytes(bytes);
  });
  const ours = new MessageWriter(1 << 20);
  const ends: number[] = [];
  for (const { bytes, offset } of buffers) {
    const decoded = decodeNext(bytes, offset);
    const name = outcomeName(decoded, bytes.length - offset);
    counts.set(name, counts.get(name)! + 1);
    writeOutcome(ours, decoded);
    ends.push(ours.length);
  }
  const theirs = (await asked).rest();
  if (ours.view().equals(theirs)) return undefined;
  return describe(buffers, ends, ours.view(), theirs);
}

function describe(buffers: MutatedBuffer[], ends: number[], ours: Buffer, theirs: Buffer): string {
  let at = 0;
  while (ours[at] === theirs[at]) at++;
  const index = ends.findIndex((end) => end > at);
  const { bytes, offset } = buffers[index] ?? buffers.at(-1)!;
  const start = index > 0 ? ends[index - 1]! : 0;
  return `decoder: offset ${offset} of ${Buffer.from(bytes).toString("hex")}: ours ${ours.toString("hex", start, ends[index])}, the reference's ${theirs.toString("hex", start, start + 60)}`;
}

function requireShares(counts: ReadonlyMap<string, number>, total: number, ledger: Stage["ledger"]): void {
  for (const [name, count] of counts) {
    if (count < SHARE_MIN * total)
      ledger.fail(`decoder: only ${count} of ${total} buffers came out as ${name}`);
  }
}

async function compareEncoders(
  process: ReferenceProcess,
  random: Random,
  count: number,
  ledger: Stage["ledger"],
): Promise<number> {
  for (let done = 0; done < count; done++) {
    const record = {
      type: random.pick([0, 1, 2] as const),
      txid: BigInt(random.u32()) * BigInt(random.u32()),
      key: random.bytes(random.below(40)),
      payload: random.bytes(random.below(200)),
    };
    const reply = await process.request(Operation.encode, (message) =>
      message.u8(record.type).u64(record.txid).bytes(record.key).bytes(record.payload),
    );
    const [ours, theirs] = [encodeRecord(record), reply.bytes()];
    if (Buffer.compare(ours, theirs) === 0) continue;
    ledger.fail(
      `encoder: ours ${Buffer.from(ours).toString("hex")}, the reference's ${Buffer.from(theirs).toString("hex")}`,
    );
    return done;
  }
  return count;
}
