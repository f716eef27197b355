import { expect, test } from "vitest";
import {
  injectedCall,
  lastUnfinished,
  pathsOf,
  straceArguments,
  type TracedCall,
} from "../../../src/layers/kill/traced-child/strace.js";

const options = { calls: ["write", "fsync"], paths: ["/store"], tracePath: "/trace" };
const line = (text: string): TracedCall => ({ thread: "1", call: "write", text });

test("a kill does without --seccomp-bpf, behind which its signal would never arrive", () => {
  const kill = { call: "write", index: 3, effect: { kind: "kill" } } as const;
  expect(straceArguments({ ...options, injection: kill })).not.toContain("--seccomp-bpf");
  expect(straceArguments({ ...options, injection: kill })).toContain("inject=write:signal=KILL:when=3");
  const error = { call: "fsync", index: 1, effect: { kind: "error", errno: "EIO" } } as const;
  expect(straceArguments({ ...options, injection: error })).toContain("--seccomp-bpf");
  expect(straceArguments({ ...options, injection: error })).toContain("inject=fsync:error=EIO:when=1");
});

test("a call names its paths, also through a descriptor", () => {
  expect(pathsOf(line('rename("/store/a.new", "/store/a") = 0'))).toEqual(["/store/a.new", "/store/a"]);
  expect(pathsOf(line('write(18</store/.lock>, ""..., 7) = 7'))).toEqual(["/store/.lock"]);
});

test("the call that a kill came before, and the one that was made to fail, are found", () => {
  const done = line('write(18</store/a>, ""..., 7) = 7');
  const killed = line("fsync(18</store/a>)                     = ?");
  const interrupted = line('write(18</store/a>, ""..., 7 <unfinished ...>');
  const failed = line("fsync(18</store/a>) = -1 EIO (Input/output error) (INJECTED)");
  expect(lastUnfinished([done, killed])).toBe(killed);
  expect(lastUnfinished([interrupted])).toBe(interrupted);
  expect(lastUnfinished([done])).toBeUndefined();
  expect(injectedCall([done, failed])).toBe(failed);
  expect(injectedCall([done])).toBeUndefined();
});
