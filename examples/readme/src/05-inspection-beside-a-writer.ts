import { DataWal, DataWalReader, verifyLog } from "datawal";

await using writer = await DataWal.open("./store");
writer.put("greeting", "hello");

const found = await verifyLog("./store");
console.log(found.verdict, found.report.recordsReplayed);

using reader = DataWalReader.openSync("./store");
console.log(reader.size);
