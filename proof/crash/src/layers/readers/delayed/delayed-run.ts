import { existsSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import type { LayerResult, LayerTask, Violation } from "../../../laboratory/layer.js";
import { drawInTurn } from "../../failing-system-calls/draw.js";
import type { Workshop } from "../../kill/traced-child/place.js";
import type { Injection } from "../../kill/traced-child/strace.js";
import { isAllowed } from "../allowed-codes.js";
import { ONE_STATE } from "../attempt.js";
import { showsCompacted } from "../beside-compaction.js";
import { CHANGES, type Change, STORE } from "../changes.js";
import { type History, historyOf } from "../history.js";
import { READINGS, type Reading } from "../readings.js";
import { Truths } from "../truths.js";
import { answerNow, type RealAnswer } from "./answer.js";
import type { Order } from "./child-main.js";
import { COMMAND_READINGS, type CommandReading } from "./command-readings.js";
import {
  DelayedProcess,
  type DelayedPrograms,
  type Ended,
  hasWaited,
  type Survey,
  surveyOf,
} from "./delayed-process.js";
import { isToldApart, isToldApartCompacted } from "./printed.js";
import { putDown, realDisk } from "./real-disk.js";

const PAIRS = { ci: 100, nightly: 1000 };
/** Longer than what is done meanwhile takes. */
const DELAY_MS = 60;

/** A change and a reading in two processes, one of which waits at one of its system calls. */
interface DelayedPair {
  change: Change;
  reading: string;
  delayed: "change" | "reading";
  survey: Survey;
  call: string;
  index: number;
}

/** The layer, from its surveys to its figures. */
export class DelayedRun {
  readonly #programs: DelayedPrograms;
  readonly #workshop: Workshop;
  readonly #task: LayerTask;
  readonly #violations: Violation[] = [];
  readonly #truths = new Map<string, { history: History; truths: Truths }>();
  #waited = 0;
  #shown = 0;
  #refused = 0;

  constructor(programs: DelayedPrograms, workshop: Workshop, task: LayerTask) {
    this.#programs = programs;
    this.#workshop = workshop;
    this.#task = task;
  }

  async run(): Promise<LayerResult> {
    const noticed = await this.#noticeLiar();
    const pairs = await this.#pairs();
    let cases = 0;
    for (const pair of pairs) {
      if (this.#task.stopsAtFirst && this.#violations.length > 0) break;
      await this.#try(pair);
      cases++;
    }
    const facts = [
      noticed,
      `${cases} pairs of processes, ${this.#waited} with a call that waited ${DELAY_MS} ms`,
      `${this.#shown} answers showed one state of the store, ${this.#refused} were refusals`,
    ];
    return { cases, violations: this.#violations, facts };
  }

  /** A reader that passes over a segment: a layer that passes it would pass anything. */
  async #noticeLiar(): Promise<string> {
    const change = CHANGES[0]!;
    this.#putDown(change);
    const { tracePath, testimonyPath } = this.#workshop.place;
    await new DelayedProcess(this.#childCommand("reading", "open", true), tracePath, []).ended;
    const answer = JSON.parse(readFileSync(testimonyPath, "utf8"));
    const fact = "planted: a reader that passes over a segment";
    if (this.#broken({ change, reading: "open" }, answer)?.startsWith("shown")) return `${fact} is noticed`;
    const story = `${fact}; the layer did not notice it: ${JSON.stringify(answer)}`;
    this.#violations.push({ sentence: "the layer can fail", case: "planted", story });
    return `${fact} was NOT noticed`;
  }

  async #pairs(): Promise<DelayedPair[]> {
    const { case: only, seed, length } = this.#task;
    const changes = CHANGES.filter(({ directory, listedBy }) => !directory && !listedBy);
    const readings = [...READINGS, ...COMMAND_READINGS].map(({ name }) => name);
    const groups: DelayedPair[][] = [];
    for (const reading of readings) {
      const survey = await this.#survey(changes[0]!, this.#readingCommand(reading));
      for (const change of changes) groups.push(pairsOf(survey, { change, reading, delayed: "reading" }));
    }
    for (const change of changes) {
      const survey = await this.#survey(change, this.#changeCommand(change));
      for (const { name: reading } of READINGS)
        groups.push(pairsOf(survey, { change, reading, delayed: "change" }));
    }
    if (only !== undefined) return groups.flat().filter((pair) => pairName(pair) === only);
    // Most groups have more members than their turn: in which order they come is drawn, too.
    const turns = drawInTurn([groups.map((_, index) => index)], groups.length, seed);
    return drawInTurn(
      turns.map((index) => groups[index]!),
      PAIRS[length],
      seed,
    );
  }

  async #survey(change: Change, command: readonly string[]): Promise<Survey> {
    this.#putDown(change);
    const { directory, tracePath } = this.#workshop.place;
    return await surveyOf(command, tracePath, directory);
  }

  #putDown(change: Change): void {
    this.#workshop.clear();
    putDown(change.prepare(), this.#workshop.place.directory);
  }

  #changeCommand({ name }: Change): string[] {
    return this.#childCommand("change", name);
  }

  #readingCommand(name: string): string[] {
    const command = COMMAND_READINGS.find((each) => each.name === name);
    const { directory } = this.#workshop.place;
    if (!command) return this.#childCommand("reading", name);
    return [this.#programs.commandLine, ...command.argv(join(directory, STORE), join(directory, "outfile"))];
  }

  #childCommand(kind: Order["kind"], name: string, isLiar = false): string[] {
    const { directory: root, testimonyPath: answerPath } = this.#workshop.place;
    const order: Order = { kind, name, root, directory: STORE, answerPath, isLiar };
    return [this.#programs.child, JSON.stringify(order)];
  }

  async #try(pair: DelayedPair): Promise<void> {
    this.#putDown(pair.change);
    const answers = await (pair.delayed === "reading" ? this.#delayReading(pair) : this.#delayChange(pair));
    if (hasWaited(this.#workshop.place.tracePath)) this.#waited++;
    for (const answer of answers) {
      const broken = this.#broken(pair, answer);
      if (answer.code === undefined) this.#shown++;
      else this.#refused++;
      if (!broken) continue;
      const story = `${pairName(pair)}\n${broken}`;
      this.#violations.push({ sentence: ONE_STATE, case: pairName(pair), story });
      return;
    }
  }

  /** The reader waits at a call, and the whole change happens. */
  async #delayReading(pair: DelayedPair): Promise<RealAnswer[]> {
    const { directory, testimonyPath } = this.#workshop.place;
    const process = await this.#start(this.#readingCommand(pair.reading), pair);
    pair.change.make(realDisk(directory));
    const { status, stdout, stderr } = await process.ended;
    const command = COMMAND_READINGS.find(({ name }) => name === pair.reading);
    if (!command && existsSync(testimonyPath)) return [JSON.parse(readFileSync(testimonyPath, "utf8"))];
    if (!command) throw new Error(`${pairName(pair)}: the child ended with ${status}: ${stderr}`);
    return [commandAnswer(command, { status, stdout, stderr }, join(directory, "outfile"))];
  }

  /** The writer waits at a call, and readers come and go. */
  async #delayChange(pair: DelayedPair): Promise<RealAnswer[]> {
    const { directory } = this.#workshop.place;
    const reading = readingNamed(pair.reading);
    const answers: RealAnswer[] = [];
    const process = await this.#start(this.#changeCommand(pair.change), pair);
    do {
      rmSync(join(directory, "copies"), { recursive: true, force: true });
      answers.push(answerNow(reading, STORE, realDisk(directory)));
      await new Promise((resolve) => setImmediate(resolve));
    } while (!process.isEnded);
    const { status, stderr } = await process.ended;
    if (status !== 0) throw new Error(`${pairName(pair)}: the child ended with ${status}: ${stderr}`);
    return answers;
  }

  async #start(command: readonly string[], { survey, call, index }: DelayedPair): Promise<DelayedProcess> {
    const injection: Injection = { call, index, effect: { kind: "delay", milliseconds: DELAY_MS } };
    const process = new DelayedProcess(command, this.#workshop.place.tracePath, survey.paths, injection);
    await process.reaches(injection);
    return process;
  }

  /** What is wrong with an answer, or nothing. */
  #broken(
    { change, reading }: Pick<DelayedPair, "change" | "reading">,
    { shown, code, message, printed, isWritten }: RealAnswer,
  ): string | undefined {
    const command = COMMAND_READINGS.find(({ name }) => name === reading);
    const { history, truths } = this.#truthsOf(change);
    const states = Array.from({ length: history.steps.length + 1 }, (_, state) => state);
    const like = readingNamed(command?.like ?? reading);
    const known = states.flatMap((state) => truths.at(like, state)?.answer ?? []);
    const texts = known.flatMap((answer) => answer.shown ?? []);
    const expected = new Set(command ? texts.map((text) => command.expected(text)) : texts);
    if (isWritten) return `failed, and its file is there: ${message}`;
    const told = /the first (\d+) records printed/.exec(message ?? "")?.[1];
    if (printed && (change.effect === "drops" || change.effect === "compacts")) {
      const isApart = change.effect === "drops" ? isToldApart : isToldApartCompacted;
      if (!isApart(printed.split("\n"), Number(told ?? Number.NaN), [...expected]))
        return `printed:\n${printed}\ntold:\n${message}`;
    }
    if (code !== undefined) {
      const isTold = command ? mayFail(change, message!) : isAllowed(code, change);
      return isTold || known.some((answer) => answer.code === code) ? undefined : `${code}: ${message}`;
    }
    if (expected.has(shown!)) return undefined;
    if (change.effect === "compacts" && showsCompacted(like, shown!, [...expected])) return undefined;
    return `shown:\n${shown}\nbut the states were:\n${[...expected].join("\n--\n")}`;
  }

  #truthsOf(change: Change): { history: History; truths: Truths } {
    let known = this.#truths.get(change.name);
    if (!known) {
      const history = historyOf(change);
      known = { history, truths: new Truths(history) };
      this.#truths.set(change.name, known);
    }
    return known;
  }
}

/** Beside a compaction a command that fails says that the next one will not; it may not call the store damaged. */
function mayFail({ effect }: Change, message: string): boolean {
  return effect === "compacts" ? message.includes("run the command again") : effect !== "grows";
}

function readingNamed(name: string): Reading {
  return READINGS.find((reading) => reading.name === name)!;
}

/** A command tells what keeps it from answering on standard error, and by its exit code. */
function commandAnswer(
  command: CommandReading,
  { status, stdout, stderr }: Ended,
  outfile: string,
): RealAnswer {
  if (status === 1 || status === 3 || status === null)
    return {
      code: `exit code ${status}`,
      message: stderr,
      isWritten: existsSync(outfile),
      ...(command.printsAtOnce && { printed: command.shown(stdout, "") }),
    };
  const written = existsSync(outfile) ? readFileSync(outfile, "latin1") : "";
  return { shown: command.shown(stdout, written) };
}

function pairsOf(survey: Survey, pair: Pick<DelayedPair, "change" | "reading" | "delayed">): DelayedPair[] {
  return [...survey.counts].flatMap(([call, count]) =>
    Array.from({ length: count }, (_, index) => ({ ...pair, survey, call, index: index + 1 })),
  );
}

function pairName({ change, reading, delayed, call, index }: DelayedPair): string {
  return `${reading} beside ${change.name}: the ${delayed} waits at ${call} ${index}`;
}
