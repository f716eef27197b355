import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";

const ROOT = join(import.meta.dirname, "../../..");

interface Source {
  path: string;
  text: string;
}

function sources(names: readonly string[]): Source[] {
  return names.flatMap((name) => {
    const src = join("packages", name, "src");
    return readdirSync(join(ROOT, src), { recursive: true, encoding: "utf8" })
      .filter((file) => file.endsWith(".ts"))
      .map((file) => ({ path: join(src, file), text: readFileSync(join(ROOT, src, file), "utf8") }));
  });
}

/** Without comments. */
function codeOf({ text }: Source): string {
  return text.replace(/^\s*(\/\/|\/?\*).*$/gm, "");
}

describe("what comes from outside is judged by what it has", () => {
  /** `instanceof` with a class that the file neither declares nor imports: the realm's own. */
  function strangers(source: Source): string[] {
    const code = codeOf(source);
    return [...code.matchAll(/\binstanceof\s+(\w+)/g)]
      .map(([, name]) => name!)
      .filter((name) => !new RegExp(`class ${name}\\b|import [^;]*\\b${name}\\b[^;]*from`).test(code))
      .map((name) => `${source.path}: instanceof ${name}`);
  }

  test("no package asks whether something is instanceof a class of the realm", () => {
    const all = sources(readdirSync(join(ROOT, "packages")));
    expect(all.length).toBeGreaterThan(50);
    expect(all.flatMap(strangers)).toEqual([]);
  });

  test.each(["Error", "Promise", "Uint8Array", "AbortSignal"])("a planted instanceof %s is found", (name) => {
    const text = `import { Failure } from "./failure.js";\nif (error instanceof Failure || error instanceof ${name}) {}`;
    expect(strangers({ path: "packages/cli/src/x.ts", text })).toHaveLength(1);
  });
});

describe("fake timers stop nothing", () => {
  const ROOM = "packages/safeatomic/src/event-loop.ts";
  const CLOCKS =
    /(?<![\w.#])(set(Immediate|Timeout|Interval)|queueMicrotask)\(|\bnextTick\b|\bperformance\.now\b/;
  const trespasses = (source: Source) => source.path !== ROOM && CLOCKS.test(codeOf(source));

  test("what the libraries need of the event loop is taken in one place", () => {
    const all = sources(["format", "safeatomic", "record-log", "datawal"]);
    expect(all.filter(trespasses).map(({ path }) => path)).toEqual([]);
  });

  test.each([
    "setImmediate(work)",
    "process.nextTick(work)",
    "performance.now()",
    "await new Promise((r) => setTimeout(r, 1))",
  ])("a planted %s is found", (text) =>
    expect(trespasses({ path: "packages/record-log/src/read/scan.ts", text })).toBe(true),
  );
});
