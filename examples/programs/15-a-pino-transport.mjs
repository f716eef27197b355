// A pino transport whose log survives `kill -9`: every line that reached it is there once, whole, and in order.
import { spawn } from "node:child_process";
import { rmSync } from "node:fs";
import { Writable } from "node:stream";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { isMainThread } from "node:worker_threads";
import { RecordLog, RecordLogReader } from "@datawal/record-log";
import pino from "pino";

/** Takes text, makes each line a record. For any stream of lines: `process.stdin.pipe(linesTo(log))`. */
export function linesTo(log) {
  let rest = ""; // a chunk may end anywhere
  return new Writable({
    decodeStrings: false,
    defaultEncoding: "utf8",
    write(chunk, _encoding, done) {
      const lines = (rest + chunk).split("\n");
      rest = lines.pop();
      try {
        log.appendMany(lines);
        done();
      } catch (error) {
        done(error);
      }
    },
    final(done) {
      if (rest !== "") log.append(rest);
      log.close().then(() => done(), done);
    },
  });
}

/** What pino calls, in a thread of its own. `fsyncEveryMs`: a power cut loses the lines of a second at most. */
export default async ({ directory }) => linesTo(await RecordLog.open(directory, { fsyncEveryMs: 1000 }));

if (isMainThread && process.argv[2] === "service") {
  const target = fileURLToPath(import.meta.url);
  const logger = pino(pino.transport({ target, options: { directory: "./service-log" } }));
  for (let n = 1; ; n++) {
    logger.info({ n }, "something happened");
    if (n % 50 === 0) await sleep(1);
  }
} else if (isMainThread) {
  rmSync("./service-log", { recursive: true, force: true });
  const service = spawn(process.execPath, [process.argv[1], "service"], { stdio: "inherit" });
  const reader = await RecordLogReader.open("./service-log", { waitForStore: true });
  while (reader.recoveryReport().recordsReplayed < 500) {
    await sleep(10);
    await reader.refresh();
  }
  service.kill("SIGKILL");
  await new Promise((resolve) => service.once("exit", resolve));
  await reader.close();

  const log = await RecordLog.open("./service-log");
  const numbers = [...log.scan()].map(({ payload }) => JSON.parse(new TextDecoder().decode(payload)).n);
  console.log(
    numbers.length >= 500,
    numbers.every((n, index) => n === index + 1),
  );
  await log.close();
}

// Prints:
//   true true
