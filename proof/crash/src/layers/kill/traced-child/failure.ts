import type { Statement } from "./testimony.js";

/** An error as a child tells it; whatever has no code of ours is told by its name. */
export function failureOf(error: unknown): Extract<Statement, { kind: "failed" }> {
  if (!(error instanceof Error))
    return { kind: "failed", code: typeof error, message: String(error), cause: "" };
  const code = codeOf(error) ?? error.name;
  const cause = error.cause === undefined ? "" : (codeOf(error.cause) ?? String(error.cause));
  return { kind: "failed", code, message: error.message, cause };
}

function codeOf(error: unknown): string | undefined {
  return error instanceof Error && "code" in error ? String(error.code) : undefined;
}
