// Writes that are there together or not at all, and one sync for all who wait for one.
import { DataWal, json, utf8 } from "datawal";

const orders = await DataWal.open("./orders", { key: utf8, value: json() });

// All of it or nothing, for every reader, whenever the process or the power goes.
orders.batch([
  { type: "put", key: "order:1", value: { total: 12 } },
  { type: "put", key: "open", value: ["order:1"] },
  { type: "delete", key: "draft:1" },
]);

// As many callers as you like: those who wait at the same time share a sync.
async function place(number) {
  orders.put(`order:${number}`, { total: number });
  await orders.fsync();
  return number;
}
const placed = await Promise.all(Array.from({ length: 100 }, (_, index) => place(index + 2)));
console.log(placed.length, orders.size, orders.get("open"));
await orders.close();

// Prints:
//   100 102 [ 'order:1' ]
