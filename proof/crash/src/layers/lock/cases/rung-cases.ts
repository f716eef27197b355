import { RecordLog } from "@datawal/record-log";
import { type FileSystem, nodeFileSystem } from "@datawal/safeatomic";
import { type Bench, demand, type LockCase, refusedWith, succeeded } from "../lock-case.js";
import { HAS_O_EXLOCK, type RungName } from "../rungs.js";

/** By which means a lock is held where this is to be had. */
const MEANS: readonly (readonly [RungName, string])[] = [
  ["fs-ext", "fs-ext"],
  ["flock", "flock"],
  ["broken fs-ext", "flock"],
];

export const RUNG_CASES: readonly LockCase[] = [
  ...MEANS.map(([rung, means]) => ({
    name: `rung/${rung}`,
    rungs: [rung],
    run: (bench: Bench) => isTaken(bench, rung, means),
  })),
  {
    name: "rung/none",
    rungs: ["none"],
    run: (bench) => (HAS_O_EXLOCK ? isTaken(bench, "none", "O_EXLOCK") : noMeans(bench)),
  },
  { name: "rung/O_EXLOCK by an injected port", rungs: [], run: byInjectedPort },
];

async function isTaken(bench: Bench, rung: RungName, expected: string): Promise<number> {
  await using contender = bench.start(rung);
  const { means } = succeeded(await contender.ask({ do: "open", handle: "held", store: bench.newStore() }));
  demand(means === expected, `held by ${expected}`, `held by ${means}`);
  return 1;
}

/** Without any means the store is not opened, and nothing is made of a store. */
async function noMeans(bench: Bench): Promise<number> {
  await using contender = bench.start("none");
  const answer = await contender.ask({ do: "open", handle: "held", store: bench.newStore() });
  refusedWith(answer, "ERR_DATAWAL_NO_LOCK_MEANS");
  return 1;
}

/** Only macOS and the BSDs have the flag: here another means stands in for it, so that its name goes all the way. */
function byInjectedPort(bench: Bench): number {
  const fileSystem: FileSystem = {
    ...nodeFileSystem,
    lock(path, owner) {
      const lock = nodeFileSystem.lock(path, owner);
      return lock.state === "refused" ? lock : renamed(lock, "O_EXLOCK");
    },
  };
  using log = RecordLog.openSync(bench.newStore(), { fileSystem });
  demand(log.lock === "O_EXLOCK", "held by O_EXLOCK", `held by ${log.lock}`);
  log.append("appended");
  log.fsyncSync();
  return 1;
}

function renamed<Lock extends { means: string }>(lock: Lock, means: string): Lock {
  return new Proxy(lock, {
    get(target, name) {
      if (name === "means") return means;
      const value = Reflect.get(target, name);
      return typeof value === "function" ? value.bind(target) : value;
    },
  });
}
