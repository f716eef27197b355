import { chmodSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { isUntouched } from "@datawal/oracle";
import { type Bench, demand, type LockCase, refusedWith, succeeded } from "../lock-case.js";
import type { RungName } from "../rungs.js";

/** Root may write anywhere: it sends nobody. Any other user is refused like anybody else. */
const NOBODY = process.getuid?.() === 0 ? 65_534 : undefined;

const RECORDS = 3;

/** A directory that its user may read and not write. */
export const READ_ONLY: readonly LockCase[] = (["fs-ext", "flock"] as const).map((rung) => ({
  name: `read-only directory/${rung}`,
  rungs: [rung],
  run: (bench: Bench) => readOnly(bench, rung),
}));

/** A writer is refused by a code; a reader reads; no byte changes. */
async function readOnly(bench: Bench, rung: RungName): Promise<number> {
  const store = bench.newStore(RECORDS);
  const before = filesOf(store);
  for (const name of readdirSync(store)) chmodSync(join(store, name), 0o444);
  chmodSync(store, 0o555);
  await using contender = bench.start(rung, NOBODY);
  const written = await contender.ask({ do: "open", handle: "wanted", store });
  const read = await contender.ask({ do: "read", store, times: 1 });
  chmodSync(store, 0o755);
  refusedWith(written, "ERR_DATAWAL_STORE_IO");
  const { txids = [] } = succeeded(read);
  demand(txids.length === RECORDS, "a reader reads", `it read ${txids.length} of ${RECORDS} records`);
  isUntouched(before, filesOf(store));
  return 2;
}

function filesOf(store: string): Record<string, Uint8Array> {
  return Object.fromEntries(readdirSync(store).map((name) => [name, readFileSync(join(store, name))]));
}
