import { fork } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import type { Input } from "../input/take-input.js";
import { counted, number, say } from "../story.js";

/** The writer is never far ahead of what it was told to write: so that it cannot end before it is killed. */
const GROUPS = 64;
const GROUPS_AHEAD_MAX = 4;

/**
 * Starts the writer, and kills it when half of the input is acknowledged: while it goes on writing.
 *
 * @returns How many operations it said are durable.
 */
export async function killWriter({ operations, keys, segmentBytesMax }: Input): Promise<number> {
  const groupSize = Math.ceil(operations / GROUPS);
  say(
    `A child process puts ${counted(operations, "record")}, fsyncs after every ${number(groupSize)}, and tells
    us each time up to where its records are durable. At half of them we kill it.`,
  );
  const task = [keys, groupSize, segmentBytesMax].map(String);
  const child = fork(fileURLToPath(new URL("./writer.js", import.meta.url)), task);
  let acknowledged = 0;
  child.on("message", (count: number) => {
    acknowledged = count;
    if (acknowledged < operations / 2) child.send("one more group");
    else child.kill("SIGKILL");
  });
  for (let group = 0; group < GROUPS_AHEAD_MAX; group++) child.send("one more group");
  // Dead, and all it had said is heard.
  const [[exitCode, signal]] = await Promise.all([once(child, "exit"), once(child, "disconnect")]);
  if (signal !== "SIGKILL") throw new Error(`the writer ended with ${signal ?? exitCode}, not killed by us`);
  say(
    `Process ${child.pid} was killed by SIGKILL. Until then it had told us: ${number(acknowledged)} of
    ${number(operations)} are durable.`,
  );
  return acknowledged;
}
