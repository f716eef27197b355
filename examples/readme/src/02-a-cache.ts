import { DataWal, json, utf8 } from "datawal";

interface User {
  name: string;
}

await using db = await DataWal.open("./cache", { key: utf8, value: json<User>() });
db.put("user:1", { name: "Ada" });
console.log(db.get("user:1")?.name);
