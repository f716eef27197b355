import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { RecordLog } from "@datawal/record-log";
import { type Bench, demand, holds, type LockCase, refusedWith, succeeded } from "../lock-case.js";
import type { RungName } from "../rungs.js";

const RUNGS: readonly RungName[] = ["fs-ext", "flock"];
const KILLED_HOLDERS = 8;
const OPENS_BESIDE_READERS = 100;

/** What a holder's lock keeps out, and when it is free again. */
export const HOLDERS: readonly LockCase[] = RUNGS.flatMap((rung) =>
  Object.entries({
    "killed holder": killedHolder,
    "killed holder with a child that lives on": survivingChild,
    "handle that was garbage-collected": garbageCollected,
    "foreign flock": foreignFlock,
    "same process": sameProcess,
    "readers beside a writer": readersBesideWriter,
  }).map(([name, run]) => ({
    name: `${name}/${rung}`,
    rungs: name === "foreign flock" ? [rung, "flock" as const] : [rung],
    run: (bench: Bench) => run(bench, rung),
  })),
);

/** Whoever comes when the holder is dead has the store at once, with all that it had appended. */
async function killedHolder(bench: Bench, rung: RungName): Promise<number> {
  const store = bench.newStorePath();
  for (let round = 1; round <= KILLED_HOLDERS; round++) {
    const holder = bench.start(rung);
    succeeded(await holder.ask({ do: "open", handle: "held", store }));
    succeeded(await holder.ask({ do: "append", handle: "held" }));
    await holder.kill();
    holds(store, round);
  }
  return KILLED_HOLDERS;
}

/** The descriptor of the lock is not inherited. */
async function survivingChild(bench: Bench, rung: RungName): Promise<number> {
  const store = bench.newStore();
  const holder = bench.start(rung);
  succeeded(await holder.ask({ do: "open", handle: "held", store }));
  const { pid } = succeeded(await holder.ask({ do: "start-survivor" }));
  try {
    await holder.kill();
    holds(store, 1);
  } finally {
    process.kill(pid!, "SIGKILL");
  }
  return 1;
}

/** A handle that nobody refers to any more holds its lock until its process ends. */
async function garbageCollected(bench: Bench, rung: RungName): Promise<number> {
  const store = bench.newStore();
  await using holder = bench.start(rung);
  await using other = bench.start(rung);
  succeeded(await holder.ask({ do: "open", handle: "held", store }));
  succeeded(await holder.ask({ do: "forget", handle: "held" }));
  refusedWith(await other.ask({ do: "open", handle: "wanted", store }), "ERR_DATAWAL_LOCKED");
  await holder.kill();
  succeeded(await other.ask({ do: "open", handle: "wanted", store }));
  return 2;
}

/** A script that uses util-linux's flock and we exclude each other. */
async function foreignFlock(bench: Bench, rung: RungName): Promise<number> {
  const store = bench.newStore();
  const lockPath = join(store, ".lock");
  const isFree = () => spawnSync("flock", ["-n", lockPath, "true"]).status === 0;
  await using contender = bench.start(rung);
  succeeded(await contender.ask({ do: "open", handle: "held", store }));
  demand(!isFree(), "a foreign flock is refused", "it got the lock of an open store");
  succeeded(await contender.ask({ do: "close", handle: "held" }));
  demand(isFree(), "a closed store is free", "a foreign flock was refused");
  const foreign = spawn("flock", [lockPath, "sh", "-c", "echo held; read -r line"]);
  await once(foreign.stdout, "data");
  refusedWith(await contender.ask({ do: "open", handle: "held", store }), "ERR_DATAWAL_LOCKED");
  foreign.stdin.end();
  await once(foreign, "exit");
  succeeded(await contender.ask({ do: "open", handle: "held", store }));
  return 4;
}

/** A second handle of the same process is refused, and told why. */
async function sameProcess(bench: Bench, rung: RungName): Promise<number> {
  const store = bench.newStore();
  await using contender = bench.start(rung);
  succeeded(await contender.ask({ do: "open", handle: "first", store }));
  const second = await contender.ask({ do: "open", handle: "second", store: `${store}/../store` });
  const { heldByThisProcess, owner } = refusedWith(second, "ERR_DATAWAL_LOCKED");
  demand(heldByThisProcess === true, "the refusal names this process", `it names ${owner}`);
  succeeded(await contender.ask({ do: "append", handle: "first" }));
  succeeded(await contender.ask({ do: "close", handle: "first" }));
  succeeded(await contender.ask({ do: "open", handle: "second", store }));
  return 2;
}

/** Readers, and those who ask who holds the lock, never keep a writer out, not for an instant. */
async function readersBesideWriter(bench: Bench, rung: RungName): Promise<number> {
  const store = bench.newStore();
  await using reader = bench.start(rung);
  await using writer = bench.start(rung);
  const reading = reader.ask({ do: "read", store, times: 10 * OPENS_BESIDE_READERS });
  for (let count = 0; count < OPENS_BESIDE_READERS; count++) {
    succeeded(await writer.ask({ do: "open", handle: "written", store }));
    succeeded(await writer.ask({ do: "close", handle: "written" }));
  }
  succeeded(await reading);
  using log = RecordLog.openSync(store);
  demand(log.lastTxid === 1n, "readers change nothing", `the last txid is ${log.lastTxid}`);
  return OPENS_BESIDE_READERS;
}
