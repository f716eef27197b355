import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";

/** What strace does to one system call of the traced process. */
export interface Injection {
  /** The system call's name. */
  call: string;
  /** Which of them, from 1: counted for each thread by itself, among those on the traced paths. */
  index: number;
  effect: { kind: "kill" } | { kind: "error"; errno: string } | { kind: "delay"; milliseconds: number };
}

export interface TraceOptions {
  calls: readonly string[];
  /** Only calls that name one of these, or a descriptor of one, are seen and counted; all when absent. */
  paths?: readonly string[];
  injection?: Injection;
  /** A line for each call. */
  tracePath: string;
}

/** One line of a trace. */
export interface TracedCall {
  thread: string;
  call: string;
  text: string;
}

/**
 * The arguments of strace, a command to follow.
 *
 * `--seccomp-bpf` stops the process at the traced calls only, which spares 40 ms a child; but a signal that is
 * injected at such a stop is never delivered (strace 6.1, kernel 6.18), so a kill does without it.
 */
export function straceArguments({ calls, paths = [], injection, tracePath }: TraceOptions): string[] {
  const isKill = injection?.effect.kind === "kill";
  return [
    ...(isKill ? [] : ["--seccomp-bpf"]),
    ...["-f", "-qq", "-y", "-s", "0", "-o", tracePath, "-e", "signal=none"],
    ...["-e", `trace=${calls.map((call) => `?${call}`).join()}`],
    ...paths.flatMap((path) => ["-P", path]),
    ...(injection ? ["-e", `inject=${describeInjection(injection)}`] : []),
  ];
}

function describeInjection({ call, index, effect }: Injection): string {
  return `${call}:${describeEffect(effect)}:when=${index}`;
}

function describeEffect(effect: Injection["effect"]): string {
  if (effect.kind === "kill") return "signal=KILL";
  return effect.kind === "error" ? `error=${effect.errno}` : `delay_enter=${effect.milliseconds * 1000}`;
}

/** The calls of a trace, in order; the end of a call that another thread interrupted is left out. */
export function readTrace(tracePath: string): TracedCall[] {
  const lines = readFileSync(tracePath, "latin1").split("\n");
  return lines.flatMap((text) => {
    const [, thread, call] = /^(\d+) +(\w+)\(/.exec(text) ?? [];
    return thread && call ? [{ thread, call, text }] : [];
  });
}

/** The absolute paths that a call names, by itself or through a descriptor. */
export function pathsOf({ text }: TracedCall): string[] {
  return [...text.matchAll(/[<"](\/[^<>"]*)[>"]/g)].map(([, path]) => path!);
}

/** The call that the process did not return from. */
export function lastUnfinished(calls: readonly TracedCall[]): TracedCall | undefined {
  return calls.findLast(({ text }) => / = \?$|<unfinished \.\.\.>$/.test(text));
}

/** The call whose result strace has made up. */
export function injectedCall(calls: readonly TracedCall[]): TracedCall | undefined {
  return calls.find(({ text }) => text.endsWith("(INJECTED)"));
}

/** Why nothing can be traced here, or nothing. */
export function straceMissing(): string | undefined {
  if (process.platform !== "linux") return "strace is a program for Linux";
  const run = spawnSync("strace", ["-f", "-qq", "-o", "/dev/null", "-e", "trace=fsync", "true"], {
    encoding: "utf8",
  });
  if (run.error) return `strace cannot be run: ${run.error.message}`;
  return run.status === 0 ? undefined : `strace cannot trace here: ${run.stderr.trim()}`;
}
