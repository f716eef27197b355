// What a signal, an exit and a bug leave: nothing is buffered in the process, so nothing is lost there.
import { spawnSync } from "node:child_process";
import { RecordLog } from "@datawal/record-log";

const end = process.argv[2];
if (end) {
  const log = await RecordLog.open("./journal");
  let isOpen = true;
  // With a signal there is time: a last sync, and the lock is free at once for who comes next.
  process.once("SIGTERM", async () => {
    log.append("SIGTERM");
    isOpen = false;
    await log.close();
    process.exit(0);
  });
  // In an exit handler only what is synchronous runs: appending is.
  process.once("exit", (code) => isOpen && log.append(`exit ${code}`));
  if (end === "exit") process.exit(3);
  if (end === "throw") throw new Error("a bug");
  setInterval(() => process.kill(process.pid, "SIGTERM"), 10);
} else {
  for (const how of ["exit", "throw", "SIGTERM"]) spawnSync(process.execPath, [process.argv[1], how]);
  const log = await RecordLog.open("./journal");
  const lines = [...log.scan()].map(({ payload }) => new TextDecoder().decode(payload));
  console.log(lines.slice(-3).join(", "));
  await log.close();
}

// Prints:
//   exit 3, exit 1, SIGTERM
