import { DataWal, json, utf8 } from "datawal";

const [transfers = "1000"] = process.argv.slice(2);

await using bank = await DataWal.open("./bank", {
  key: utf8,
  value: json<number>(),
  segmentBytesMax: 1024 * 1024,
  autoCompact: true,
});

const accounts = Array.from({ length: 100 }, (_, number) => `account ${number}`);
if (bank.size === 0) bank.batch(accounts.map((key) => ({ type: "put", key, value: 100 })));

async function transfer(from: string, to: string, amount: number): Promise<void> {
  // Between the reading and the batch nobody else has a turn.
  const [payer, payee] = [bank.get(from)!, bank.get(to)!];
  if (from === to || payer < amount) return;
  bank.batch([
    { type: "put", key: from, value: payer - amount },
    { type: "put", key: to, value: payee + amount },
  ]);
  await bank.fsync(); // those who wait at the same time share a sync
}

let left = Number(transfers);
async function caller(): Promise<void> {
  const anyone = () => accounts[Math.floor(Math.random() * accounts.length)]!;
  while (left-- > 0) await transfer(anyone(), anyone(), Math.ceil(Math.random() * 20));
}
await Promise.all(Array.from({ length: 8 }, caller));

// Killed whenever you like: no money is lost or made.
console.log([...bank.values()].reduce((sum, amount) => sum + amount, 0));
