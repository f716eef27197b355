import { describe, expect, test } from "vitest";
import { TxidOrder } from "../../src/inspect/txid-order.js";

function orderOf(...txids: bigint[]): { order: TxidOrder; accepted: boolean[] } {
  return orderBy(1, txids);
}

function orderBy(step: number, txids: readonly bigint[]): { order: TxidOrder; accepted: boolean[] } {
  const order = new TxidOrder();
  const accepted = txids.map((txid) => {
    const halves = [Number(txid & 0xffff_ffffn), Number(txid >> 32n)] as const;
    const isAccepted = order.accepts(...halves, step);
    order.push(...halves);
    return isAccepted;
  });
  return { order, accepted };
}

describe("the order of txids", () => {
  test("any may be the first, then each is its predecessor's plus one", () => {
    expect(orderOf(7n, 8n, 9n).accepted).toEqual([true, true, true]);
    expect(orderOf(0n, 1n).accepted).toEqual([true, true]);
    expect(orderOf(1n, 1n, 3n, 2n, 3n).accepted).toEqual([true, false, false, false, true]);
  });

  test.each([0xffff_fffen, 0xffff_ffffn, 0xff_ffff_ffffn, 0xffff_ffff_ffff_fffen])(
    "carries at %s",
    (txid) => {
      expect(orderOf(txid, txid + 1n).accepted).toEqual([true, true]);
      expect(orderOf(txid, txid & 0xffff_ffff_0000_0000n).accepted).toEqual([true, false]);
    },
  );

  test("within a group each is its predecessor's plus two", () => {
    expect(orderBy(2, [1n, 3n, 4n]).accepted).toEqual([true, true, false]);
    expect(orderBy(2, [0xffff_fffen, 0x1_0000_0000n, 0x1_0000_0002n]).accepted).toEqual([true, true, true]);
    expect(orderBy(2, [0xffff_ffffn, 0x1_0000_0001n, 1n]).accepted).toEqual([true, true, false]);
  });

  test("nothing follows the largest there is", () => {
    expect(orderOf(0xffff_ffff_ffff_ffffn, 0n).accepted).toEqual([true, false]);
  });

  test("the last and the largest are told apart, 0 before the first", () => {
    expect(orderOf().order).toMatchObject({ last: 0n, max: 0n });
    expect(orderOf(0x1_0000_0000n, 0xffff_ffffn).order).toMatchObject({
      last: 0xffff_ffffn,
      max: 0x1_0000_0000n,
    });
  });
});
