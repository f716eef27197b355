import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { SizeCurve } from "../../src/store/size-curve.js";
import { runCommand } from "../kit/run-command.js";
import { damagedStore, fixtureStore, freshPath, madeStore, tornStore } from "../kit/stores.js";

async function pageOf(store: string) {
  const file = freshPath("page.html");
  const ran = await runCommand(["report", store, "--html", file]);
  return { ran, page: readFileSync(file, "utf8") };
}

test("the page is drawn beside the report, which stays as it is", async () => {
  const store = fixtureStore("smoke");
  const { ran, page } = await pageOf(store);
  expect(ran).toEqual(await runCommand(["report", store]));
  expect(page).toMatch(/^<!doctype html>\n.*<h1>.*smoke<\/h1>.*<\/html>\n$/s);
  expect(page).toContain('aria-label="live: 141 bytes"');
});

test("the page holds all it needs: it names no other place and runs no program", async () => {
  const { page } = await pageOf(await damagedStore());
  expect(page).not.toMatch(/<(script|link|img|iframe)|https?:|url\(|@import| on\w+=/);
  expect(page).toContain("default-src 'none'");
});

test("damage is told with its place, and what to run next", async () => {
  const { ran, page } = await pageOf(await damagedStore());
  expect(ran.code).toBe(3);
  expect(page).toContain("from offset 0");
  expect(page).toMatch(/datawal repair .* --to NEW/);
  expect(page).toContain("--beyond");
});

test("of a torn tail the page says that nothing is to be done", async () => {
  const { ran, page } = await pageOf(await tornStore());
  expect(ran.code).toBe(2);
  expect(page).toContain("torn or damaged: ");
  expect(page).toContain("nothing is to be done");
});

test("a store's name is text, whatever it is", async () => {
  const store = await madeStore([["k", "v"]]);
  const odd = join(store, "../<b> & 'q' \u202e");
  await runCommand(["snapshot", store, odd]);
  const { page } = await pageOf(odd);
  expect(page).not.toMatch(/<b>|\u202e/);
  expect(page).toContain("&#60;b&#62; &#38; &#39;q&#39; \\u{202e}");
});

test("no file is overwritten, and none is made in the store", async () => {
  const store = fixtureStore("smoke");
  const file = freshPath("page.html");
  writeFileSync(file, "mine");
  const taken = await runCommand(["report", store, "--html", file]);
  expect(taken).toMatchObject({ code: 1, stdout: "" });
  expect(taken.stderr).toContain("refuses to overwrite existing file");
  expect(readFileSync(file, "utf8")).toBe("mine");
  const within = await runCommand(["report", store, "--html", join(store, "page.html")]);
  expect(within).toMatchObject({ code: 1, stdout: "" });
  expect(existsSync(join(store, "page.html"))).toBe(false);
});

test("a long log's curve has few points: the first, the last, and what was live between", () => {
  const curve = new SizeCurve();
  const key = new Uint8Array([1]);
  for (let txid = 1n; txid <= 10_000n; txid++)
    curve.take({ segment: 1, offset: 0, len: 30, type: 1, txid, key, payload: key });
  expect(curve.points.length).toBeGreaterThan(200);
  expect(curve.points.length).toBeLessThan(520);
  expect(curve.points[0]).toEqual({ txid: 1n, bytes: 30, liveBytes: 30 });
  expect(curve.points.at(-1)).toEqual({ txid: 10_000n, bytes: 300_000, liveBytes: 30 });
});
