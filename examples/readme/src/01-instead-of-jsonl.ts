import { RecordLog } from "@datawal/record-log";

await using log = await RecordLog.open("./events");
log.append(JSON.stringify({ at: Date.now(), event: "start" }));
await log.fsync();
