import { expect, test } from "vitest";
import { Output } from "../../src/output/output.js";

function gathered() {
  const pieces: Buffer[] = [];
  return { pieces, output: new Output(async (piece) => void pieces.push(Buffer.from(piece))) };
}

test("small writes are gathered into large pieces", async () => {
  const { pieces, output } = gathered();
  for (let i = 0; i < 20_000; i++) {
    output.write("0123456789");
    await output.drain();
  }
  await output.flush();
  expect(pieces.length).toBeLessThan(5);
  expect(Buffer.concat(pieces).length).toBe(200_000);
});

test("text and bytes come out in the order they went in", async () => {
  const { pieces, output } = gathered();
  const reused = Uint8Array.of(0xff);
  output.write("a");
  output.writeBytes(reused);
  reused[0] = 0;
  output.write("b");
  await output.flush();
  expect(Buffer.concat(pieces)).toEqual(Buffer.from([0x61, 0xff, 0x62]));
});

test("with nothing gathered nothing is written", async () => {
  const { pieces, output } = gathered();
  output.write("");
  output.writeBytes(new Uint8Array(0));
  await output.flush();
  expect(pieces).toEqual([]);
});

test("an output with columns is a terminal", () => {
  expect(new Output(async () => undefined, 80).isTerminal).toBe(true);
  expect(new Output(async () => undefined).isTerminal).toBe(false);
});

test("a failed write is told once, and what is written after it is dropped", async () => {
  let calls = 0;
  const output = new Output(async () => {
    calls++;
    throw new Error("gone");
  });
  output.write("a");
  await expect(output.flush()).rejects.toThrow("gone");
  output.write("b");
  await output.flush();
  expect(calls).toBe(1);
});
