import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { salvageTo, verifyLog } from "@datawal/record-log";
import { plainText } from "../kit/records.js";
import type { Scratch } from "../kit/scratch.js";
import { ReferenceProcess } from "../reference/reference-process.js";
import { Reference } from "../sides/reference.js";
import { type Acknowledged, frameLen, makeLost, type Shape, type TearCase } from "./lost/tear.js";
import { isUndecided, problemsOfLeavingOut } from "./lost/undecided.js";
import type { Section, SectionResult, Stage } from "./section.js";

/** Of all cases, how many also go through the command line, which costs a process each. */
const COMMANDS = 12;

const TORN: readonly Shape[] = [
  { type: 0, keyLen: 0, payloadLen: 20 },
  { type: 1, keyLen: 5, payloadLen: 40 },
  { type: 2, keyLen: 9, payloadLen: 0 },
  { type: 1, keyLen: 3, payloadLen: 700 },
];

const APPENDED: readonly Shape[] = [
  { type: 0, keyLen: 0, payloadLen: 25 },
  { type: 1, keyLen: 5, payloadLen: 40 },
  { type: 1, keyLen: 40, payloadLen: 300 },
];

/**
 * What the reference acknowledged behind a torn tail and never finds again: `verify` says so, `repair` brings it back,
 * but for what cannot be told from a payload.
 */
export const lost: Section = {
  name: "lost",
  unit: "stores",
  async run(stage: Stage): Promise<SectionResult> {
    await using process = new ReferenceProcess([stage.program]);
    const rescue = new Rescue(stage, new Reference(process));
    const every = Math.round(1 / stage.scale);
    const cases = allCases().filter((_, index) => index % every === 0);
    const commandEvery = Math.ceil(cases.length / COMMANDS);
    // Several at a time: verifying waits 20 ms at a torn tail, in case somebody is still writing it.
    const work = [...cases.entries()].reverse();
    const runNext = async (): Promise<void> => {
      for (let next = work.pop(); next; next = work.pop()) {
        const [index, tear] = next;
        await rescue.run(tear, index % commandEvery === 0);
      }
    };
    await Promise.all(Array.from({ length: 8 }, runNext));
    rescue.tellFailures();
    return { cases: cases.length, facts: [rescue.facts()] };
  },
};

function allCases(): TearCase[] {
  const cases: TearCase[] = [];
  for (const torn of TORN) {
    for (const appended of APPENDED) {
      for (const [sessions, rotates] of [
        [1, false],
        [3, false],
        [1, true],
      ] as const) {
        for (let at = 1; at < frameLen(torn); at += at < 80 ? 1 : 37)
          cases.push({ torn, appended, sessions, rotates, at, how: "cut" });
        for (const at of [4, 6, 8, 16, 20, 24, frameLen(torn) - 1])
          cases.push({ torn, appended, sessions, rotates, at, how: "flipped" });
        for (const at of [1, 12, 23]) cases.push({ torn, appended, sessions, rotates, at, how: "zeroed" });
      }
    }
  }
  return cases;
}

/** Lets the reference lose records, and gets them back. */
class Rescue {
  readonly #stage: Stage;
  readonly #reference: Reference;
  /** What went wrong, with the cases it went wrong in. */
  readonly #problems = new Map<string, string[]>();
  #acknowledged = 0;
  #notFound = 0;
  #unopenable = 0;

  constructor(stage: Stage, reference: Reference) {
    this.#stage = stage;
    this.#reference = reference;
  }

  async run(tear: TearCase, asCommand: boolean): Promise<void> {
    using scratch = this.#stage.scratch.inner();
    const made = await makeLost(tear, scratch, this.#reference);
    this.#acknowledged += made.payloads.length;
    this.#notFound += made.payloads.length - (made.foundByReference ?? 0);
    if (made.foundByReference === undefined) this.#unopenable++;
    const tell = (problem: string) => {
      this.#problems.set(problem, [...(this.#problems.get(problem) ?? []), plainText(tear)]);
    };
    if (isUndecided(tear, made)) {
      for (const problem of await problemsOfLeavingOut(made, scratch)) tell(problem);
      this.#stage.ledger.note("undecided-is-left-out");
      return;
    }
    const isHidden = await this.#expectRescue(made, scratch, tell);
    if (asCommand) expectCommands(made, isHidden, scratch, this.#stage.repository, tell);
  }

  tellFailures(): void {
    for (const [problem, cases] of [...this.#problems].sort())
      this.#stage.ledger.fail(`${problem}: ${cases.length} stores:\n${cases.sort().join("\n")}`);
  }

  facts(): string {
    return `${this.#acknowledged} records acknowledged by the reference, ${this.#notFound} of them not found by it any more, ${this.#unopenable} stores it cannot open`;
  }

  /** Returns whether something lies where only a repair gets at it. */
  async #expectRescue(made: Acknowledged, scratch: Scratch, tell: Tell): Promise<boolean> {
    const seen: string[] = [];
    const found = await verifyLog(made.dir, {
      replay: ({ payload }) => seen.push(Buffer.from(payload).toString()),
    });
    const isHidden = missingIn(seen, made).length > 0;
    if (isHidden && found.verdict !== "damaged") tell(`verify says ${found.verdict}`);
    const target = scratch.newPath();
    await salvageTo(made.dir, target);
    if (missingIn(await payloadsOf(target), made).length > 0) tell("repair does not bring back all of it");
    else if ((made.foundByReference ?? 0) < made.payloads.length)
      this.#stage.ledger.note("acknowledged-behind-a-torn-tail");
    return isHidden;
  }
}

type Tell = (problem: string) => void;

function missingIn(found: readonly string[], { payloads }: Acknowledged): string[] {
  return payloads.filter((payload) => !found.includes(payload));
}

/** As a person would do it. */
function expectCommands(
  made: Acknowledged,
  isHidden: boolean,
  scratch: Scratch,
  repository: string,
  tell: Tell,
): void {
  const command = join(repository, "packages/cli/bin/datawal.cjs");
  const datawal = (...args: string[]) =>
    spawnSync(process.execPath, [command, ...args], { encoding: "utf8" });
  const verified = datawal("verify", made.dir, "--json");
  const { damages } = JSON.parse(verified.stdout) as { damages: { valid_frames_beyond: number }[] };
  const isTold = verified.status === 3 && damages.some((place) => place.valid_frames_beyond > 0);
  if (isHidden && !isTold) tell(`datawal verify ends with ${verified.status}: ${verified.stdout}`);
  const target = scratch.newPath();
  const repaired = datawal("repair", made.dir, "--to", target);
  if (![0, 2].includes(repaired.status!))
    tell(`datawal repair ends with ${repaired.status}: ${repaired.stderr}`);
  const lines = datawal("scan", target, "--json").stdout.split("\n");
  const rescued = lines.filter((line) => line !== "").map(payloadOfLine);
  if (missingIn(rescued, made).length > 0) tell("datawal repair does not bring back all of it");
}

function payloadOfLine(line: string): string {
  const { payload_base64 } = JSON.parse(line) as { payload_base64: string };
  return Buffer.from(payload_base64, "base64").toString();
}

async function payloadsOf(dir: string): Promise<string[]> {
  const payloads: string[] = [];
  await verifyLog(dir, { replay: ({ payload }) => payloads.push(Buffer.from(payload).toString()) });
  return payloads;
}
