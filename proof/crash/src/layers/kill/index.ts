import type { Layer, LayerResult, LayerTask, Violation } from "../../laboratory/layer.js";
import { type KillCase, killCaseName, runKillCase } from "./kill-case.js";
import { createWorkshop, type Workshop } from "./traced-child/place.js";
import { straceMissing } from "./traced-child/strace.js";
import { type Survey, surveyOf } from "./traced-child/survey.js";
import { TracedChild } from "./traced-child/traced-child.js";
import { FORMS, type Form, type Workload } from "./traced-child/workload.js";
import { WORKLOADS } from "./traced-child/workloads/all-workloads.js";
import { appendFsync } from "./traced-child/workloads/append-fsync.js";

/** The calls by which a file or a directory is changed or made durable, and the opening of each. */
const KILLED_CALLS = [
  ...["openat", "write", "writev", "pwrite64", "pwritev", "fsync", "fdatasync", "ftruncate"],
  ...["rename", "renameat", "renameat2", "unlink", "unlinkat", "mkdir", "mkdirat", "link", "linkat"],
];

/** Kills that count, of all slices together. */
const COUNTED_KILLS_MIN = 500;

/** L3: SIGKILL in a real child, at each index of each of these calls on its files, over six workloads. */
export const killLayer: Layer = {
  name: "L3 SIGKILL",
  missing: straceMissing,
  run: async (task) => {
    using child = await TracedChild.bundle();
    using workshop = createWorkshop("kill");
    return new KillRun(child, workshop, task).run();
  },
};

class KillRun {
  readonly #child: TracedChild;
  readonly #workshop: Workshop;
  readonly #task: LayerTask;
  readonly #violations: Violation[] = [];
  readonly #countedByCall = new Map<string, number>();
  #counted = 0;
  #uncounted = 0;

  constructor(child: TracedChild, workshop: Workshop, task: LayerTask) {
    this.#child = child;
    this.#workshop = workshop;
    this.#task = task;
  }

  run(): LayerResult {
    const noticed = this.#noticeLiar();
    const cases = this.#cases();
    for (const killCase of cases) {
      if (this.#task.stopsAtFirst && this.#violations.length > 0) break;
      this.#runCase(killCase);
    }
    this.#demandEnough();
    return { cases: this.#counted, violations: this.#violations, facts: [noticed, ...this.#facts()] };
  }

  /** A child that acknowledges what it has not appended yet: a layer that passes it would pass anything. */
  #noticeLiar(): string {
    const survey = this.#survey(appendFsync, "sync");
    const killCase = { survey, call: "write", index: 4 };
    const { violation } = this.#kill(killCase, true);
    const fact = "planted: a child that acknowledges a record before it appends it";
    if (violation?.sentence === "1 durable") return `${fact} breaks 1 durable`;
    const found = violation?.story ?? "no violation";
    const story = `${fact}; the layer did not notice it: ${found}`;
    this.#violations.push({ sentence: "the layer can fail", case: "planted", story });
    return `${fact} was NOT noticed`;
  }

  #cases(): KillCase[] {
    const { case: only, slice } = this.#task;
    if (only !== undefined) return [this.#caseNamed(only)];
    const surveys = WORKLOADS.flatMap((workload) => FORMS.map((form) => this.#survey(workload, form)));
    return surveys.flatMap(killCasesOf).filter((_, index) => index % slice.count === slice.index);
  }

  #caseNamed(name: string): KillCase {
    const [workload, form] = name.split("/");
    const survey = WORKLOADS.filter((each) => each.name === workload)
      .flatMap((each) => FORMS.filter((known) => known === form).map((known) => this.#survey(each, known)))
      .at(0);
    const found = survey && killCasesOf(survey).find((each) => killCaseName(each) === name);
    if (!found) throw new Error(`expected a case such as append-fsync/sync/write/3, got ${name}`);
    return found;
  }

  #survey(workload: Workload, form: Form): Survey {
    this.#workshop.clear();
    const { place } = this.#workshop;
    workload.prepare(place, this.#task.seed);
    const order = { workload: workload.name, form, seed: this.#task.seed, place, isLiar: false };
    return surveyOf(this.#child, order, workload, KILLED_CALLS);
  }

  #runCase(killCase: KillCase): void {
    const { isCounted, violation } = this.#kill(killCase, false);
    if (violation) this.#violations.push(violation);
    if (!isCounted) {
      this.#uncounted += 1;
      return;
    }
    this.#counted += 1;
    this.#countedByCall.set(killCase.call, (this.#countedByCall.get(killCase.call) ?? 0) + 1);
  }

  #kill(killCase: KillCase, isLiar: boolean) {
    return runKillCase(this.#child, this.#workshop, killCase, { seed: this.#task.seed, isLiar });
  }

  #demandEnough(): void {
    const { case: only, slice, stopsAtFirst } = this.#task;
    const expected = Math.floor(COUNTED_KILLS_MIN / slice.count);
    if (only !== undefined || (stopsAtFirst && this.#violations.length > 0) || this.#counted >= expected)
      return;
    const story = `expected at least ${expected} kills behind an acknowledgement or inside open, found ${this.#counted}`;
    this.#violations.push({ sentence: "enough kills", case: "all", story });
  }

  #facts(): string[] {
    const calls = [...this.#countedByCall].sort(([a], [b]) => (a < b ? -1 : 1));
    return [
      `counted kills by call: ${calls.map(([call, count]) => `${call} ${count}`).join(", ")}`,
      `${this.#uncounted} further kills came before the first acknowledgement, outside of open`,
    ];
  }
}

/** Where calls wait for the thread pool, that is the syncs: all others are the same in both forms. */
function isWorthwhile({ form }: Survey, call: string): boolean {
  return form === "sync" || call === "fsync" || call === "fdatasync";
}

function killCasesOf(survey: Survey): KillCase[] {
  return [...survey.counts]
    .filter(([call]) => isWorthwhile(survey, call))
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .flatMap(([call, count]) =>
      Array.from({ length: count }, (_, index) => ({ survey, call, index: index + 1 })),
    );
}
