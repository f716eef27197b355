import { mkdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { runChild } from "./children.mjs";
import { SIDES } from "./compare.mjs";
import { format } from "./report/format.mjs";
import { median, ratios, spread } from "./statistics.mjs";

/**
 * One run: what is measured, in rounds, and what came of it.
 *
 * A contender is `{ program, operation, job }`: a file of contenders/ (or `rust`, or `process`), one of its operations,
 * and what that operation is told. Its `job.directory`, where it is not named, is a fresh one in each round.
 */
export class Bench {
  /** What was measured: `{ group, id, title, unit, quantity, measurements: { label: [one for each round] } }`. */
  cases = [];
  /** Contenders that cannot run here: label to reason. */
  missing = {};
  group = "";
  options;
  sizes;
  #work;
  #rustProgram;
  #scratchCount = 0;

  constructor(options, sizes, work, rustProgram) {
    this.options = options;
    this.sizes = sizes;
    this.#work = work;
    this.#rustProgram = rustProgram;
  }

  /** A path below the working directory, for what is shared between rounds. */
  path(name) {
    mkdirSync(this.#work, { recursive: true });
    return join(this.#work, name);
  }

  discard(...paths) {
    for (const path of paths) rmSync(path, { recursive: true, force: true });
  }

  /** Runs a contender once, outside of any comparison. */
  run(program, operation, job, nodeFlags = []) {
    return runChild({ program, operation, job, nodeFlags }, this.#rustProgram);
  }

  /**
   * Runs contenders against each other, alternating, each once a round and in a process of its own.
   *
   * @param facts `id`, `title`, `unit` of what is printed, and which `quantity` of a measurement that is.
   * @param contenders By label.
   */
  measure(facts, contenders, rounds = this.options.rounds) {
    const able = this.#ableOf(Object.entries(contenders));
    if (able.length === 0) return { measurements: {} };
    const measurements = Object.fromEntries(able.map(([label]) => [label, []]));
    try {
      for (let round = 0; round < rounds; round++) {
        for (const [label, contender] of rotated(able, round)) {
          measurements[label].push(this.#runOnce({ program: label, ...contender }));
        }
      }
    } catch (error) {
      // An older tree may lack what this one's bench asks for.
      if (!this.options.trees) throw error;
      process.stdout.write(`\n!!! LEFT OUT: ${facts.title}: ${error.message}\n`);
      return { measurements: {} };
    }
    const measured = { quantity: "microseconds", unit: "µs", ...facts, group: this.group, measurements };
    this.cases.push(measured);
    this.#print(measured);
    return measured;
  }

  /** Who takes part: all that can run here, or ours alone from each of two trees. */
  #ableOf(contenders) {
    const { trees } = this.options;
    if (!trees) return contenders.filter(([label, { program = label }]) => !this.missing[program]);
    const ours = contenders.filter(([label, { program = label }]) => program === "datawal");
    return ours.flatMap(([label, contender]) =>
      trees.map((tree, index) => [`${label}, ${SIDES[index]}`, { ...contender, program: "datawal", tree }]),
    );
  }

  /** Notes what was found otherwise. */
  record(facts, measurements) {
    const measured = { quantity: "microseconds", unit: "µs", ...facts, group: this.group, measurements };
    this.cases.push(measured);
    this.#print(measured);
  }

  #runOnce(contender) {
    if (contender.program === "process") return runChild(contender, this.#rustProgram);
    const scratch = this.path(`scratch-${this.#scratchCount++}`);
    mkdirSync(scratch);
    try {
      const job = { directory: join(scratch, "store"), target: join(scratch, "target"), ...contender.job };
      return runChild({ ...contender, job }, this.#rustProgram);
    } finally {
      this.discard(scratch);
    }
  }

  #print({ title, unit, quantity, measurements }) {
    process.stdout.write(`\n${title}\n`);
    const own = measurements.datawal?.map((measurement) => measurement[quantity]);
    for (const [label, all] of Object.entries(measurements)) {
      const figures = all.map((measurement) => measurement[quantity]);
      const line = `  ${label.padEnd(26)} ${format(median(figures)).padStart(9)} ${unit}`;
      process.stdout.write(`${line}${own && label !== "datawal" ? comparison(own, figures) : ""}\n`);
    }
  }
}

function comparison(own, others) {
  const { median: middle, min, max } = spread(ratios(own, others));
  return `   datawal takes ${format(middle)} x (${format(min)} to ${format(max)})`;
}

/** Another one goes first in each round. */
function rotated(list, round) {
  const start = list.length > 0 ? round % list.length : 0;
  return [...list.slice(start), ...list.slice(0, start)];
}
