import { expect, test } from "vitest";
import { Ledger } from "../../../src/layers/block-replay/ledger.js";

/** A ledger whose disk is told to be in an epoch. */
function ledgerWithClock() {
  const ledger = new Ledger(1);
  const clock = { epoch: 0 };
  ledger.record(async () => clock.epoch);
  return { ledger, clock };
}

test("what was acknowledged in an epoch is due after a cut at its end, and not after an earlier one", async () => {
  const { ledger, clock } = ledgerWithClock();
  ledger.puts(3, 10);
  clock.epoch = 4;
  await ledger.acknowledge();
  expect([3, 4, 9].map((epoch) => ledger.at(epoch, 0).acknowledged)).toEqual([0, 3, 3]);
});

test("a log may begin where a drop under way has come to, and only where an acknowledged one has led", async () => {
  const { ledger, clock } = ledgerWithClock();
  ledger.puts(9, 10);
  await ledger.acknowledge();
  clock.epoch = 5;
  await ledger.drop([2, 4], async () => undefined);
  const firstTxid = (epoch: number, missing: number) => ledger.at(epoch, missing).appended(1)[0]!.txid;
  expect([0, 2, 4].map((missing) => firstTxid(4, missing))).toEqual([1n, 3n, 5n]);
  // Three are missing where none may begin: the judge then finds another record than the first.
  expect(firstTxid(4, 3)).toBe(1n);
  expect([0, 2, 4].map((missing) => firstTxid(5, missing))).toEqual([5n, 5n, 5n]);
});
