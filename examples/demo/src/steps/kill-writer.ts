import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import type { Input } from "../input/input.js";
import { Problem } from "../problem.js";
import { counted, number, type Story } from "../story.js";
import { type Acknowledgement, GO_ON, groupSizeFor, type WriterTask } from "../writer-protocol.js";

/**
 * Starts the writer, and kills it by SIGKILL when half of the input is acknowledged: while it goes on writing.
 *
 * @returns How many operations it was told to be durable.
 */
export async function killWriter(
  store: string,
  { source, operations, segmentBytesMax }: Input,
  story: Story,
): Promise<number> {
  const groupSize = groupSizeFor(operations);
  story.say(
    `A child process puts ${counted(operations, "record")}, fsyncs after every ${number(groupSize)}, and tells us each time up to where its records are durable. At half of them we kill it.`,
  );
  const task: WriterTask = { store, source, groupSize, segmentBytesMax };
  const child = fork(fileURLToPath(new URL("./writer.js", import.meta.url)), [JSON.stringify(task)]);
  const acknowledged = await killHalfway(child, operations);
  story.say(
    `Process ${child.pid} was killed by SIGKILL. Until then it had told us: ${number(acknowledged)} of ${number(operations)} are durable.`,
  );
  return acknowledged;
}

/** Ends when the child is dead and all it had said is heard. */
async function killHalfway(child: ChildProcess, operations: number): Promise<number> {
  let acknowledged = 0;
  child.on("message", (message: Acknowledgement) => {
    acknowledged = message.acknowledged;
    if (child.killed) return;
    if (acknowledged >= operations / 2) child.kill("SIGKILL");
    else child.send(GO_ON);
  });
  const [[exitCode, signal]] = await Promise.all([once(child, "exit"), once(child, "disconnect")]);
  if (signal !== "SIGKILL")
    throw new Problem(`the writer ended with ${signal ?? exitCode} before it could be killed`);
  return acknowledged;
}
