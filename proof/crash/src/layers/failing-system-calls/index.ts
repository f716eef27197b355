import type { Layer, LayerResult, LayerTask, Violation } from "../../laboratory/layer.js";
import { createWorkshop, type Workshop } from "../kill/traced-child/place.js";
import { straceMissing } from "../kill/traced-child/strace.js";
import { type Survey, surveyOf } from "../kill/traced-child/survey.js";
import { TracedChild } from "../kill/traced-child/traced-child.js";
import { FORMS, type Form, type Workload } from "../kill/traced-child/workload.js";
import { WORKLOADS, workloadNamed } from "../kill/traced-child/workloads/all-workloads.js";
import { appendFsync } from "../kill/traced-child/workloads/append-fsync.js";
import { drawInTurn } from "./draw.js";
import {
  CHANGING_CALLS,
  type FailingCall,
  failingCallName,
  failuresOf,
  READING_CALLS,
} from "./failing-call.js";
import { runFailingCase } from "./failing-case.js";

const CHANGING_COUNT = { ci: 320, nightly: 1600 };
const READING_COUNT = { ci: 120, nightly: 600 };

/** L2, in part: calls of a real child that fail in the kernel's stead, drawn from all that its workloads make. */
export const failingSystemCallsLayer: Layer = {
  name: "L2 failing system calls",
  missing: straceMissing,
  run: async (task) => {
    using child = await TracedChild.bundle();
    using workshop = createWorkshop("failing");
    return new FailingRun(child, workshop, task).run();
  },
};

class FailingRun {
  readonly #child: TracedChild;
  readonly #workshop: Workshop;
  readonly #task: LayerTask;
  readonly #violations: Violation[] = [];
  readonly #endings = new Map<string, number>();

  constructor(child: TracedChild, workshop: Workshop, task: LayerTask) {
    this.#child = child;
    this.#workshop = workshop;
    this.#task = task;
  }

  run(): LayerResult {
    const noticed = this.#noticeLiar();
    let cases = 0;
    for (const failingCall of this.#cases()) {
      if (this.#task.stopsAtFirst && this.#violations.length > 0) break;
      this.#runCase(failingCall);
      cases += 1;
    }
    return { cases, violations: this.#violations, facts: [noticed, this.#endingsFact()] };
  }

  /** A child that acknowledges what it then fails to append: a layer that passes it would pass anything. */
  #noticeLiar(): string {
    const survey = this.#survey(appendFsync, "sync");
    const { violation } = this.#run({ survey, call: "write", index: 4, errno: "EIO" }, true);
    const fact = "planted: a child that acknowledges a record whose write fails";
    if (violation?.sentence === "1 durable") return `${fact} breaks 1 durable`;
    const story = `${fact}; the layer did not notice it: ${violation?.story ?? "no violation"}`;
    this.#violations.push({ sentence: "the layer can fail", case: "planted", story });
    return `${fact} was NOT noticed`;
  }

  #cases(): FailingCall[] {
    const { case: only, slice, seed, length } = this.#task;
    if (only !== undefined) return [this.#caseNamed(only)];
    const surveys = WORKLOADS.flatMap((workload) => FORMS.map((form) => this.#survey(workload, form)));
    const draw = (calls: readonly string[], count: number) => {
      const groups = surveys.flatMap((survey) => calls.map((call) => failuresOf(survey, call)));
      return drawInTurn(groups, count, seed);
    };
    const drawn = [
      ...draw(CHANGING_CALLS, CHANGING_COUNT[length]),
      ...draw(READING_CALLS, READING_COUNT[length]),
    ];
    return drawn.filter((_, index) => index % slice.count === slice.index);
  }

  /** Any case at all, drawn or not. */
  #caseNamed(name: string): FailingCall {
    const [workload = "", form, call = ""] = name.split("/");
    const survey = this.#survey(workloadNamed(workload), form === "async" ? "async" : "sync");
    const found = failuresOf(survey, call).find((each) => failingCallName(each) === name);
    if (!found) throw new Error(`expected a case such as append-fsync/sync/write/3/EIO, got ${name}`);
    return found;
  }

  #survey(workload: Workload, form: Form): Survey {
    this.#workshop.clear();
    const { place } = this.#workshop;
    workload.prepare(place, this.#task.seed);
    const order = { workload: workload.name, form, seed: this.#task.seed, place, isLiar: false };
    return surveyOf(this.#child, order, workload, [...CHANGING_CALLS, ...READING_CALLS]);
  }

  #runCase(failingCall: FailingCall): void {
    const { codes, violation } = this.#run(failingCall, false);
    if (violation) this.#violations.push(violation);
    const ending = codes[0] ?? "success";
    this.#endings.set(ending, (this.#endings.get(ending) ?? 0) + 1);
  }

  #run(failingCall: FailingCall, isLiar: boolean) {
    return runFailingCase(this.#child, this.#workshop, failingCall, { seed: this.#task.seed, isLiar });
  }

  #endingsFact(): string {
    const endings = [...this.#endings].sort(([a], [b]) => (a < b ? -1 : 1));
    return `the child was given first: ${endings.map(([code, count]) => `${code} ${count}`).join(", ")}`;
  }
}
