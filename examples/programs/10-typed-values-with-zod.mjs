// Values that a schema vouches for, on the way in and on the way out.
import { DataWal, isStoreError, json, utf8 } from "datawal";
import { z } from "zod";

const User = z.object({ name: z.string().min(1), age: z.number().int().nonnegative() });
const users = await DataWal.open("./users", { key: utf8, value: json(User) });

users.put("ada", { name: "Ada", age: 36 });
try {
  users.put("nobody", { name: "", age: -1 });
} catch (error) {
  if (!isStoreError(error)) throw error;
  console.log(error.code);
}
console.log(users.get("ada"), users.has("nobody"));
await users.close();

// Prints:
//   ERR_DATAWAL_NOT_VALID
//   { name: 'Ada', age: 36 } false
