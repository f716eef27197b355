// A process that has a log or a store open, and does with it what it is told, until it is killed.
import { dataWal, recordLog } from "@datawal/fuzz";
import { nodeFileSystem } from "@datawal/safeatomic";
import type { Answer, Request } from "./places.js";

type Subject = Record<string, (...values: readonly unknown[]) => unknown>;

let subject: Subject | undefined;

async function answerTo({ call, values, kind, dir }: Request): Promise<unknown> {
  if (call === "open") {
    subject = (await (kind === "log" ? recordLog : dataWal)(dir, nodeFileSystem)) as unknown as Subject;
    return undefined;
  }
  const value = await subject![call]!(...values);
  // What is iterated over lazily would be iterated over elsewhere.
  return call === "pairs" ? [...(value as Iterable<unknown>)] : call === "compact" ? undefined : value;
}

process.on("message", (request: Request) => {
  const answer = (facts: Answer) => process.send!(facts);
  answerTo(request).then(
    (value) => answer({ id: request.id, value }),
    (error: Error) => answer({ id: request.id, error: `${error.stack}` }),
  );
});
process.on("disconnect", () => process.exit(0));
