import { spawnSync } from "node:child_process";
import {
  appendFileSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";

const FOLDER = join(import.meta.dirname, "../../power-loss");
const { operationAt } = (await import(join(FOLDER, "operations.mjs"))) as {
  operationAt(plan: object, seq: number): { op: string; key: Buffer };
};
const directory = mkdtempSync(join(tmpdir(), "datawal-power-loss-"));
const [store, oracle] = [join(directory, "store"), join(directory, "oracle")];

function run(program: string, ...args: string[]) {
  const { status, stdout } = spawnSync(process.execPath, [join(FOLDER, program), ...args], {
    encoding: "utf8",
  });
  return { status, last: stdout.trimEnd().split("\n").at(-1) };
}
const validate = (...args: string[]) => run("validate.mjs", "--work-dir", store, "--oracle", oracle, ...args);

// Of 50,000 operations the Rust crate's harness told 47,827 puts, 2,173 deletions, 3,918 live keys and 178 dead ones.
test("the operations are those of the Rust crate's harness", () => {
  const live = new Set<string>();
  const dead = new Set<string>();
  let puts = 0;
  for (let seq = 0; seq < 50_000; seq++) {
    const { op, key } = operationAt({ seed: 42, keyLen: 16, valueLen: 1 }, seq);
    const name = key.toString("hex");
    if (op === "put") puts++;
    if (op === "put") live.add(name);
    else live.delete(name);
    if (op === "put") dead.delete(name);
    else dead.add(name);
  }
  expect({ puts, live: live.size, dead: dead.size }).toEqual({ puts: 47_827, live: 3_918, dead: 178 });
});

describe("the validator", () => {
  let whole = "";
  beforeAll(() => {
    expect(run("workload.mjs", "--work-dir", store, "--oracle", oracle, "--ops", "200").status).toBe(0);
    whole = readFileSync(oracle, "utf8");
  });
  afterAll(() => rmSync(directory, { recursive: true }));

  test("finds all that was acknowledged", () => {
    expect(validate()).toEqual({
      status: 0,
      last: expect.stringMatching(/^OK observed_live=\d+ .* missing=0 untold=0 /),
    });
  });

  test("knows what was durable and not yet acknowledged, and a line that was cut", () => {
    writeFileSync(oracle, whole.split("\n").slice(0, 198).join("\n"));
    expect(validate()).toEqual({
      status: 0,
      last: expect.stringMatching(/ missing=0 untold=3 acknowledged=197$/),
    });
    writeFileSync(oracle, whole);
  });

  // The Rust crate's takes a record that was acknowledged and is gone for "dropped", and accepts it.
  test("counts acknowledged records that are missing, and fails", () => {
    const segment = join(store, "00000001.dwal");
    const bytes = readFileSync(segment);
    truncateSync(segment, statSync(segment).size - 1_000);
    expect(validate()).toEqual({
      status: 1,
      last: expect.stringMatching(/^FAILED .* dropped=[1-9]\d* .* missing=[1-9]/),
    });
    writeFileSync(segment, bytes);
  });

  test("fails for a value that is not the last one acknowledged, and for a key that nobody put", () => {
    const forged = { op: "put", seq: 199, key: JSON.parse(whole.split("\n")[0]!).key, payload: "AAAA" };
    appendFileSync(oracle, `${JSON.stringify(forged)}\n`);
    expect(validate().status).toBe(1);
    writeFileSync(oracle, whole.split("\n").slice(1).join("\n"));
    expect(validate()).toEqual({ status: 1, last: expect.stringMatching(/extras=1/) });
    writeFileSync(oracle, whole);
  });

  test("ends with 2 where it cannot begin", () => {
    expect(validate("--seed", "x").status).toBe(2);
    expect(run("validate.mjs", "--work-dir", join(directory, "none"), "--oracle", oracle).status).toBe(2);
    expect(run("workload.mjs", "--work-dir", store, "--oracle", oracle).status).toBe(2);
  });
});
