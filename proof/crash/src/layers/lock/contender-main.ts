import { once } from "node:events";
import { writeSync } from "node:fs";
import { createInterface } from "node:readline";
import { isMainThread, parentPort, Worker } from "node:worker_threads";
import type { Answer, Command } from "./answer.js";
import { Contestant } from "./contestant.js";

// The program that contends for a lock: takes commands, a line each, and answers each with a line.

const contestant = new Contestant();
const workers = new Map<string, Worker>();

async function obeyLines(): Promise<void> {
  for await (const line of createInterface({ input: process.stdin }))
    writeSync(1, `${JSON.stringify(await obey(JSON.parse(line)))}\n`);
  process.exit();
}

async function obey(command: Command): Promise<Answer> {
  if (command.do === "start-worker") return await startWorker(command.name);
  if (command.do === "together") return { answers: await Promise.all(command.commands.map(obey)) };
  if (command.thread === undefined) return contestant.obey(command);
  const worker = workers.get(command.thread)!;
  worker.postMessage(command);
  const [answer] = await once(worker, "message");
  return answer;
}

async function startWorker(name: string): Promise<Answer> {
  const worker = new Worker(new URL(import.meta.url));
  workers.set(name, worker);
  await once(worker, "online");
  return {};
}

if (isMainThread) void obeyLines();
else parentPort!.on("message", (command: Command) => parentPort!.postMessage(contestant.obey(command)));
