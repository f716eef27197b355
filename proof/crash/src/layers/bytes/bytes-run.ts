import { OracleViolation } from "@datawal/oracle";
import { firstOnes } from "../../laboratory/first-ones.js";
import type { LayerResult, LayerTask, Violation } from "../../laboratory/layer.js";
import { BrokenDemand } from "../broken-demand.js";
import { type BaseStore, makeBaseStore } from "./base-store.js";
import { type DamageFamily, storeFamily } from "./damage-family.js";
import { damagedMarker } from "./damaged-marker.js";
import { damagedWhileOpen } from "./damaged-while-open.js";
import { forgedLength } from "./forged-length.js";
import { NOT_CAUGHT, type Outcome, type PlantedFault } from "./judge.js";
import { lostHeaderPieces } from "./lost-header-pieces.js";
import { mixedSegments } from "./mixed-store.js";
import { movedFrames } from "./moved-frames.js";
import { movedSegments } from "./moved-segments.js";
import { nestedLogs } from "./nested-log.js";
import { oneBit } from "./one-bit.js";
import { sectors } from "./sectors.js";
import { truncations } from "./truncations.js";
import { smallStore, twoBits } from "./two-bits.js";

/** What is demanded beside the nine sentences. */
const OUTSIDE = "no error outside of the oracle";
/** More of them say no more, and each has a story. */
const VIOLATIONS_MAX = 100;

/** Every kind of damage, those with few cases first; of each a case for every place. */
export function damageFamilies(seed: number): DamageFamily[] {
  const mixed = makeBaseStore(mixedSegments(seed));
  return [
    untouched(mixed),
    damagedMarker(),
    movedSegments(mixed),
    ...movedFrames(mixed),
    sectors(mixed),
    forgedLength(),
    ...lostHeaderPieces(),
    oneBit("one-bit-of-a-lone-segment", smallStore("active")),
    ...damagedWhileOpen(),
    ...nestedLogs(),
    truncations(mixed),
    twoBits("active"),
    twoBits("sealed"),
    oneBit("one-bit", mixed),
  ];
}

/** The store as its writer left it. */
function untouched(base: BaseStore): DamageFamily {
  return storeFamily(base, {
    name: "untouched",
    count: 1,
    describe: () => "none",
    damaged: () => base.files,
  });
}

export interface DamageCase {
  family: DamageFamily;
  index: number;
}

/** One slice of the layer. */
export class BytesRun {
  readonly #task: LayerTask;
  readonly #fault: PlantedFault;
  readonly #violations: Violation[] = [];
  /** How often which outcome was found, by family. */
  readonly #outcomes: Record<string, number> = {};
  #cases = 0;

  constructor(task: LayerTask, fault: PlantedFault) {
    this.#task = task;
    this.#fault = fault;
  }

  result(): LayerResult {
    const violationsMax = this.#task.stopsAtFirst ? 1 : VIOLATIONS_MAX;
    for (const damage of casesOf(this.#task, this.#families())) {
      this.#cases++;
      this.#try(damage);
      if (this.#violations.length === violationsMax) break;
    }
    return {
      cases: this.#cases,
      classes: this.#outcomes,
      violations: this.#violations,
      facts: this.#facts(),
    };
  }

  /** None where the stores to be damaged could not even be written. */
  #families(): DamageFamily[] {
    try {
      return damageFamilies(this.#task.seed);
    } catch (error) {
      const story = `broken:   a store could not be written: ${describeError(error)}`;
      this.#violations.push({ sentence: OUTSIDE, case: "untouched/0", story });
      return [];
    }
  }

  #try({ family, index }: DamageCase): void {
    let said = "nothing";
    try {
      family.judge(index, this.#fault, (outcome) => {
        said = outcome.said;
        this.#count(family.name, outcome.kind);
      });
    } catch (error) {
      const isJudged = error instanceof OracleViolation || error instanceof BrokenDemand;
      const sentence = isJudged ? error.sentence : OUTSIDE;
      const facts = isJudged ? error.facts : describeError(error);
      const story = [
        `damage:   ${family.describe(index)}`,
        `recovery: ${said}`,
        `broken:   ${sentence}: ${facts}`,
      ];
      this.#violations.push({ sentence, case: `${family.name}/${index}`, story: story.join("\n") });
    }
  }

  #count(family: string, kind: Outcome["kind"]): void {
    const name = `${family}: ${kind}`;
    this.#outcomes[name] = (this.#outcomes[name] ?? 0) + 1;
  }

  #facts(): string[] {
    const uncaught = Object.entries(this.#outcomes).filter(([name]) => name.endsWith(NOT_CAUGHT));
    const facts = uncaught.map(([name, count]) => `${count} of ${name}, a flipped length included`);
    if (this.#violations.length === VIOLATIONS_MAX) facts.push(`stopped at ${VIOLATIONS_MAX} violations`);
    return facts;
  }
}

/** The cases of a task's slice, or its one case. */
export function* casesOf(
  { case: only, slice, first: start }: LayerTask,
  families: readonly DamageFamily[],
): Generator<DamageCase> {
  if (families.length === 0) return;
  if (only !== undefined) return yield findCase(families, only);
  let before = 0;
  for (const family of firstOnes(start, families)) {
    const first = (slice.index - (before % slice.count) + slice.count) % slice.count;
    for (let index = first; index < family.count; index += slice.count) yield { family, index };
    before += family.count;
  }
}

function findCase(families: readonly DamageFamily[], name: string): DamageCase {
  const [familyName, digits] = name.split("/");
  const family = families.find((one) => one.name === familyName);
  const index = Number(digits);
  if (family && Number.isInteger(index) && index >= 0 && index < family.count) return { family, index };
  const known = families.map((one) => `${one.name}/0 to ${one.count - 1}`).join(", ");
  throw new RangeError(`expected a case out of ${known}, got ${name}`);
}

function describeError(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}
