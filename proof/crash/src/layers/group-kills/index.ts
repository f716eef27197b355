import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { OracleViolation } from "@datawal/oracle";
import { DataWal, DataWalReader, isRecordLogError } from "datawal";
import type { Layer, LayerResult, LayerTask, Violation } from "../../laboratory/layer.js";
import { seededRandom } from "../../laboratory/seeded-random.js";
import { bundleProgram, Child, type ChildProgram } from "../power-cut/machine/child-program.js";
import { KINDS, keyOf, numberOf } from "./groups.js";

/** L3: SIGKILL at any moment of a real writer of groups, a reader beside it. */
export const groupKillLayer: Layer = {
  name: "L3 SIGKILL within groups",
  missing: () => (existsSync("/proc/self/fd") ? undefined : "no signals that kill"),
  run: async (task) => {
    const program = await bundleProgram("layers/group-kills/group-writer.ts", "group-writer");
    return await killWriters(task, program);
  },
};

const KILLS = { ci: 100, nightly: 500 };
/** In so many a writer that writes record by record is caught: hardly ever in fewer than two. */
const PLANTED_KILLS = 20;

async function killWriters(task: LayerTask, program: ChildProgram): Promise<LayerResult> {
  const random = seededRandom(task.seed);
  const violations: Violation[] = [];
  const planted = await new Killing(program, random, true).run(PLANTED_KILLS);
  const noticed = planted.broken ? "noticed" : "NOT noticed";
  if (!planted.broken)
    violations.push({ sentence: "the layer can fail", case: "planted", story: "no part was seen" });
  const { looks, broken } = await new Killing(program, random, false).run(KILLS[task.length]);
  if (broken) violations.push({ sentence: broken.sentence, case: "all", story: String(broken) });
  const facts = [
    `${KILLS[task.length]} kills, ${looks} looks of a reader beside the writer`,
    `planted: a writer that writes its groups record by record: ${noticed}`,
  ];
  return { cases: KILLS[task.length], violations, facts };
}

/** Writers of one store, killed one after the other. */
class Killing {
  readonly #program: ChildProgram;
  readonly #random: () => number;
  readonly #isPlanted: boolean;
  #looks = 0;

  constructor(program: ChildProgram, random: () => number, isPlanted: boolean) {
    this.#program = program;
    this.#random = random;
    this.#isPlanted = isPlanted;
  }

  async run(kills: number): Promise<{ looks: number; broken: OracleViolation | undefined }> {
    const parent = existsSync("/dev/shm") ? "/dev/shm" : tmpdir();
    const directory = mkdtempSync(join(parent, "datawal-groups-"));
    try {
      for (let count = 0; count < kills; count++) await this.#kill(directory);
      return { looks: this.#looks, broken: undefined };
    } catch (error) {
      if (!(error instanceof OracleViolation)) throw error;
      return { looks: this.#looks, broken: error };
    } finally {
      rmSync(directory, { recursive: true, force: true });
    }
  }

  async #kill(directory: string): Promise<void> {
    const [store, testimony] = [join(directory, "store"), join(directory, "testimony")];
    rmSync(testimony, { force: true });
    const child = new Child(this.#program, { store, testimony, isPlanted: this.#isPlanted });
    while (!existsSync(testimony)) {
      if (child.process.exitCode !== null) throw new Error(`a writer of groups has failed: ${child.errors}`);
      await sleep(2);
    }
    await sleep(Math.floor(this.#random() * 25));
    this.#look(store);
    await child.kill();
    using db = DataWal.openSync(store, { recover: "strict" });
    areWhole(db);
    this.#isThere(db, testimony);
    db.compactSync({ minWasteRatio: 0.5 });
    areWhole(db);
  }

  #look(store: string): void {
    try {
      using reader = DataWalReader.openSync(store);
      areWhole(reader);
      reader.refreshSync();
      areWhole(reader);
      this.#looks++;
    } catch (error) {
      if (!isRecordLogError(error, "ERR_DATAWAL_READER_STALE")) throw error;
    }
  }

  /** What the writer has said that it had written is there: a kill takes nothing from the kernel. */
  #isThere(db: DataWal, testimony: string): void {
    const lines = readFileSync(testimony, "latin1").split("\n").slice(0, -1);
    for (const kind of KINDS.keys()) {
      const last = lines.findLast((line) => line.startsWith(`${kind} `))?.split(" ")[1];
      if (last === undefined || numberIn(db, kind, 0)! >= BigInt(last)) continue;
      throw new OracleViolation("1 durable", `group ${last} of kind ${kind} was written and is gone`);
    }
  }
}

/** All records of a group have its number. */
function areWhole(db: Pick<DataWal, "get">): void {
  for (const [kind, { records }] of KINDS.entries()) {
    const first = numberIn(db, kind, 0);
    for (let index = 1; index < records; index++) {
      const number = numberIn(db, kind, index);
      if (number === first) continue;
      throw new OracleViolation(
        "10 groups",
        `kind ${kind}: record 0 is of ${first}, record ${index} of ${number}`,
      );
    }
  }
}

function numberIn(db: Pick<DataWal, "get">, kind: number, index: number): bigint | undefined {
  const value = db.get(keyOf(kind, index));
  return value && numberOf(value);
}
