import { setImmediate as nextTurn } from "node:timers/promises";
import { RecordLog } from "@datawal/record-log";
import { createSimulatedDisk } from "@datawal/safeatomic/testing";
import { seededRandom } from "../../../proof/crash/src/laboratory/seeded-random.js";
import type { ModelState } from "../checker.js";
import { specOf } from "../run-model.js";
import { Behaviours, type Possible } from "./behaviours.js";
import { STORE } from "./log-run.js";
import { unbounded } from "./slice.js";
import { Trace, type TraceCensus } from "./trace.js";
import { type Effect, tracing } from "./tracing-disk.js";

const CALLERS = 5;
const BOUNDS = { Callers: "{1, 2, 3, 4, 5}", Appends: "99", Failures: "9" };

/** What nobody outside sees: that the kernel is done. */
const SILENT = { Done: (state: ModelState) => (state.flight as { step: string }).step === "submitted" };

export function groupCommitBehaviours(): Behaviours {
  return new Behaviours(unbounded(specOf("GroupCommit"), BOUNDS), SILENT);
}

/** Runs of a log whose callers wait for syncs, until there are so many distinct traces. */
export async function collectGroupCommitTraces(
  census: TraceCensus,
  behaviours: Behaviours,
  count: number,
  seed: number,
): Promise<void> {
  const random = seededRandom(seed);
  while (census.count < count && census.rejections.length === 0)
    await new GroupCommitRun(census, behaviours, random).run();
}

const ANY = () => true;
const OPERATIONS = 14;
/** Larger than a sector: what a failed write-back lost, no later write brings back by chance. */
const PAYLOAD = new Uint8Array(1300);

/** One log, its callers, and what they are told. */
class GroupCommitRun {
  readonly #census: TraceCensus;
  readonly #behaviours: Behaviours;
  readonly #random: () => number;
  readonly #disk = createSimulatedDisk({ syncTurns: 2 });
  readonly #log: RecordLog;
  /** What each caller was told. */
  readonly #told: ("waiting" | "durable" | "refused")[] = [];
  #possible: Possible;
  #trace = new Trace([], new Set(["sync that takes time"]));
  #isFollowed = true;
  #isRejected = false;
  #unsynced = 0;
  /** Whether a sync is under way that the kernel may be done with: then there is nothing whose write-back could fail. */
  #mayBeDone = false;
  #isUnderWay = false;

  constructor(census: TraceCensus, behaviours: Behaviours, random: () => number) {
    this.#census = census;
    this.#behaviours = behaviours;
    this.#random = random;
    RecordLog.openSync(STORE, { fileSystem: this.#disk }).closeSync();
    this.#possible = behaviours.first();
    const fileSystem = tracing(
      this.#disk,
      (effect) => this.#see(effect),
      () => {
        this.#isUnderWay = true;
        this.#step("a sync begins", ["Submit"], ANY);
      },
    );
    this.#isFollowed = false;
    this.#log = RecordLog.openSync(STORE, { fileSystem });
    this.#isFollowed = true;
  }

  async run(): Promise<void> {
    for (let done = 0; done < OPERATIONS && !this.#isRejected && !this.#isPoisoned; done++)
      await this.#operate();
    for (let turn = 0; turn < 12; turn++) await nextTurn();
    this.#step(`the callers were told: ${this.#told}`, ["Told"], (state) => {
      const callers = (state.caller as { __tuple: { is: string }[] }).__tuple;
      return this.#told.every((told, index) => callers[index]!.is === told);
    });
    this.#isFollowed = false;
    await this.#log.close().catch(() => undefined);
    if (!this.#isRejected) this.#census.note(this.#trace);
  }

  get #isPoisoned(): boolean {
    return this.#possible.some(({ state }) => state.isPoisoned === true);
  }

  async #operate(): Promise<void> {
    const drawn = this.#random();
    if (drawn < 0.3) this.#log.append(PAYLOAD);
    else if (drawn < 0.55) this.#ask();
    else if (drawn < 0.62 && this.#unsynced > 0) this.#askNow();
    else if (drawn < 0.68 && this.#unsynced > 0 && !this.#mayBeDone) this.#fail();
    else await this.#turn();
  }

  async #turn(): Promise<void> {
    this.#mayBeDone = this.#isUnderWay;
    await nextTurn();
  }

  #ask(): void {
    const caller = this.#told.length;
    if (caller === CALLERS) return;
    this.#told.push("waiting");
    this.#step(`caller ${caller + 1} asks`, ["Ask"], (state) => isNext(state, caller));
    this.#log.fsync().then(
      () => {
        this.#told[caller] = "durable";
      },
      () => {
        this.#told[caller] = "refused";
      },
    );
  }

  #askNow(): void {
    const caller = this.#told.length;
    if (caller === CALLERS) return;
    this.#told.push("durable");
    try {
      this.#log.fsyncSync();
    } catch {
      this.#told[caller] = "refused";
    }
  }

  #fail(): void {
    this.#disk.failWriteBack(`${STORE}/00000001.dwal`);
    this.#unsynced = 0;
    this.#step("a write-back fails", ["WriteBackFails"], ANY);
  }

  #see({ operation, path, failed }: Effect): void {
    if (!path.endsWith(".dwal")) return;
    const what = `${operation}${failed ? " fails" : ""}`;
    const poisons = failed === true || this.#isPoisoned;
    const isPoisoned = (state: ModelState) => state.isPoisoned === poisons;
    if (operation === "file.append" || operation === "file.appendParts") this.#step(what, ["Write"], ANY);
    else if (operation === "file.fsync") {
      this.#isUnderWay = this.#mayBeDone = false;
      this.#step(what, ["Learn"], isPoisoned);
    } else
      this.#step(what, ["SyncNow"], (state) => isPoisoned(state) && isNext(state, this.#told.length - 1));
    this.#unsynced = operation.startsWith("file.append") ? this.#unsynced + 1 : 0;
  }

  #step(what: string, actions: readonly string[], holds: (state: ModelState) => boolean): void {
    if (this.#isRejected || !this.#isFollowed) return;
    this.#trace = this.#trace.with(what);
    this.#possible = this.#behaviours.step(this.#possible, actions, holds);
    if (this.#possible.length > 0) return;
    this.#isRejected = true;
    this.#census.rejections.push({ what, actions, trace: this.#trace });
  }
}

/** Whether it was this caller who has asked, and none behind him. */
function isNext(state: ModelState, caller: number): boolean {
  const callers = (state.caller as { __tuple: { is: string }[] }).__tuple;
  return callers.every(({ is }, index) => (is === "idle") === index > caller);
}
