import type { LayerResult, LayerTask, Violation } from "../../laboratory/layer.js";
import { type Attempt, attempt, type PlantedFault } from "./attempt.js";
import { casesOf, type FailingCase } from "./failing-cases.js";
import type { Ending } from "./workload.js";

/** More of them say no more, and each has a story. */
const VIOLATIONS_MAX = 100;
const ENDINGS: readonly Ending[] = ["kill", "power-cut"];
/** How many calls before the failing one a story tells. */
const CALLS_TOLD = 12;

/** One slice of the layer. */
export class FailingCallsRun {
  readonly #task: LayerTask;
  readonly #plant: PlantedFault;
  readonly #violations: Violation[] = [];
  /** How many failing cases ended how. */
  readonly #outcomes = { succeeded: 0, failed: 0, "given up": 0 };
  readonly #workloads = new Set<string>();
  #cases = 0;

  constructor(task: LayerTask, plant: PlantedFault) {
    this.#task = task;
    this.#plant = plant;
  }

  async result(): Promise<LayerResult> {
    const violationsMax = this.#task.stopsAtFirst ? 1 : VIOLATIONS_MAX;
    for await (const one of casesOf(this.#task, this.#plant)) {
      this.#cases++;
      this.#workloads.add(one.workload.name);
      for (const ending of ENDINGS) await this.#try(one, ending);
      if (this.#violations.length >= violationsMax) break;
    }
    return {
      cases: this.#cases,
      violations: this.#violations.slice(0, violationsMax),
      facts: this.#facts(),
    };
  }

  async #try(one: FailingCase, ending: Ending): Promise<void> {
    let made: Attempt | undefined;
    try {
      await attempt(one.workload, one.failing, ending, this.#plant, (attempt) => {
        made = attempt;
      });
      if (one.failing && !made?.failed)
        throw new Error("the operation did not make the call that was to fail");
      if (one.failing && made && ending === "kill") this.#outcomes[made.outcome]++;
    } catch (error) {
      this.#violations.push(violation(one, ending, made, error));
    }
  }

  #facts(): string[] {
    const { succeeded, failed, "given up": givenUp } = this.#outcomes;
    return [
      `${succeeded + failed + givenUp} distinct (workload, call, index, error), each ended by a kill and by a power cut`,
      `${this.#workloads.size} workloads`,
      `${failed} failed with a typed error`,
      `${succeeded} succeeded all the same`,
      `${givenUp} were given up`,
    ];
  }
}

function violation(
  { name, failing }: FailingCase,
  ending: Ending,
  made: Attempt | undefined,
  error: unknown,
): Violation {
  const broken = error as { sentence?: string; facts?: string; stack?: string };
  const sentence = broken.sentence ?? "no error outside of the oracle";
  const calls = made?.calls ?? [];
  const last = failing ? failing.index + 1 : calls.length;
  const told = calls.slice(0, last).map(({ operation, path }, index) => `  ${index} ${operation} ${path}`);
  const story = [
    `operation: ${name}`,
    ...told.slice(-CALLS_TOLD),
    ...(failing ? [`  ^ ${failing.failure.name}`] : []),
    `outcome:   ${made ? `${made.outcome}${made.error === undefined ? "" : `: ${String(made.error)}`}` : "none"}`,
    `then:      ${ending === "kill" ? "the process was killed" : "the power was cut"}, and the disk looked at again`,
    `broken:    ${sentence}: ${broken.facts ?? broken.stack ?? String(error)}`,
  ];
  return { sentence, case: name, story: story.join("\n") };
}
