import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { RecordLog, RecordLogReader } from "../src/index.js";
import { type Child, createWorkshop, type Workshop } from "./kit/child-process.js";
import { payloadsOf } from "./kit/open-log.js";
import { thrownBy } from "./kit/read-back.js";

// On the real disk, with real processes: generous limits, since the machine may be busy.
const TIMEOUT = { timeout: 60_000 };

let workshop: Workshop;
const children: Child[] = [];

beforeAll(() => {
  workshop = createWorkshop();
}, 60_000);

afterAll(async () => {
  for (const child of children) await child.kill();
  workshop.remove();
});

function start(script: string, options?: { fileBlocksMax?: number }): Child {
  const child = workshop.start(`import * as recordLog from "@datawal/record-log";\n${script}`, options);
  children.push(child);
  return child;
}

const storeOf = (name: string) => join(workshop.directory, name);

/** Appends and syncs without end, and prints each txid when it is durable. */
const appendForever = (store: string) => `
  const log = await recordLog.RecordLog.open(${JSON.stringify(store)}, { segmentBytesMax: 5_000 });
  for (;;) {
    const { txid } = log.append("x".repeat(1_000) + log.lastTxid);
    await log.fsync();
    console.log(String(txid));
  }`;

describe("a process that is killed", () => {
  test("has lost nothing that was acknowledged", TIMEOUT, async () => {
    const store = storeOf("killed");
    for (let round = 0; round < 2; round++) {
      const child = start(appendForever(store));
      let acknowledged = 0n;
      for (let count = 0; count < 20; count++) acknowledged = BigInt(await child.nextLine());
      await child.kill();
      acknowledged = BigInt((await child.rest()).at(-1) ?? acknowledged);
      using log = RecordLog.openSync(store);
      const txids = [...log.scan()].map(({ txid }) => txid);
      expect(txids).toEqual(txids.map((_, index) => BigInt(index + 1)));
      expect(log.lastTxid).toBeGreaterThanOrEqual(acknowledged);
    }
  });

  test("has held the lock until then, and no longer", TIMEOUT, async () => {
    const store = storeOf("locked");
    const child = start(`
      const log = await recordLog.RecordLog.open(${JSON.stringify(store)});
      log.append("from the other process");
      console.log(process.pid);
      setInterval(() => {}, 1000);`);
    const owner = await child.nextLine();
    expect(thrownBy(() => RecordLog.openSync(store))).toMatchObject({
      code: "ERR_DATAWAL_LOCKED",
      owner,
      heldByThisProcess: false,
      message: expect.stringContaining(`process ${owner} holds it`),
    });
    using reader = RecordLogReader.openSync(store);
    expect(payloadsOf(reader.scan())).toEqual(["from the other process"]);
    await child.kill();
    using log = RecordLog.openSync(store);
    expect(log.lastTxid).toBe(1n);
  });
});

test(
  "a follower in another process sees each record once, over rotations, and ends by its signal",
  TIMEOUT,
  async () => {
    const store = storeOf("followed");
    const log = RecordLog.openSync(store);
    log.append("first");
    const child = start(`
    const reader = await recordLog.RecordLogReader.open(${JSON.stringify(store)});
    const controller = new AbortController();
    try {
      for await (const { payload } of reader.follow({ signal: controller.signal, pollMs: 5 })) {
        const text = new TextDecoder().decode(payload);
        console.log(text);
        if (text === "last") controller.abort("seen all");
      }
    } catch (reason) {
      console.log("ended: " + reason);
    }`);
    expect(await child.nextLine()).toBe("first");
    const expected: string[] = [];
    for (let index = 0; index < 200; index++) {
      if (index % 50 === 49) await log.rotate();
      log.append(`${index}`);
      expected.push(`${index}`);
    }
    log.append("last");
    expect(await child.rest()).toEqual([...expected, "last", "ended: seen all"]);
    await log.close();
  },
);

// The limit makes a write short first; only the next one says EFBIG.
test(
  "a limit of file sizes tears a frame: what was acknowledged is there, the rest is cut and kept",
  TIMEOUT,
  async () => {
    const store = storeOf("limited");
    const child = start(
      `
    const log = await recordLog.RecordLog.open(${JSON.stringify(store)});
    try {
      for (;;) {
        log.append("x".repeat(1_000));
        log.fsyncSync();
      }
    } catch (error) {
      const facts = { code: error.code, cause: error.cause.code, isPoisoned: log.isPoisoned };
      console.log(JSON.stringify({ ...facts, acknowledged: Number(log.lastTxid) }));
    }
    await log.close();
    console.log("closed");`,
      { fileBlocksMax: 64 },
    );
    const told = JSON.parse(await child.nextLine());
    expect(told).toMatchObject({ code: "ERR_DATAWAL_APPEND_FAILED", cause: "EFBIG", isPoisoned: true });
    expect(told.acknowledged).toBeGreaterThan(10);
    expect(await child.nextLine()).toBe("closed");
    {
      using log = RecordLog.openSync(store);
      expect([...log.scan()]).toHaveLength(told.acknowledged);
      expect(log.recoveryReport()).toMatchObject({
        tailTruncated: 1,
        damageReason: expect.stringMatching(/^cut-/),
        validFramesBeyond: 0,
        quarantinePath: expect.stringContaining("00000001.cut-"),
      });
      log.append("after the limit");
    }
    using log = RecordLog.openSync(store);
    expect(log.recoveryReport()).toMatchObject({ tailTruncated: 0, recordsReplayed: told.acknowledged + 1 });
  },
);
