// The inspector in a browser: opened from a file, with the golden stores, with 100 MB, by keyboard.
import { execFileSync } from "node:child_process";
import { closeSync, openSync, readdirSync, readFileSync, writeSync } from "node:fs";
import { join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { encodeRecord } from "../../../packages/format/dist/index.js";
import { loadTool, toolPath } from "./tools.mjs";

const FIXTURES = "proof/fixtures";
const PAGE = pathToFileURL(resolve("docs/inspector/dist/index.html")).href;

/** @param work Where the large segment is made. */
export async function checkInspector(work, check) {
  execFileSync(process.execPath, ["docs/inspector/build.mjs"]);
  const browser = await loadTool("playwright-core").chromium.launch({
    executablePath: execFileSync("sh", ["-c", "command -v chromium"], { encoding: "utf8" }).trim(),
    args: ["--no-sandbox"],
  });
  try {
    await checkGoldenStores(browser, check);
    await check("inspector: 100 MB are read while the page goes on", () => openLarge(browser, work));
    for (const colorScheme of ["light", "dark"])
      for (const width of [1200, 400])
        await check(`inspector: axe has nothing to say, ${colorScheme}, ${width} pixels`, () =>
          demandAccess(browser, { colorScheme, viewport: { width, height: 800 } }),
        );
    await check("inspector: by keyboard, with a search, it shows a value", () => useKeyboard(browser));
  } finally {
    await browser.close();
  }
}

function segmentsOf(store) {
  const names = readdirSync(join(FIXTURES, store)).filter((name) => name.endsWith(".dwal"));
  return names.map((name) => join(FIXTURES, store, name));
}

/** A page with some files opened. Whatever it asks the network for, or throws, is in `faults`. */
async function opened(browser, files, options = {}) {
  const page = await browser.newPage(options);
  const faults = [];
  page.on("pageerror", (error) => faults.push(String(error)));
  page.on("console", (message) => faults.push(message.text()));
  page.on("request", (request) => {
    if (!/^(file|blob):/.test(request.url())) faults.push(request.url());
  });
  await page.goto(PAGE);
  await page.setInputFiles("#files", files);
  await page.waitForFunction(() => / rows$/.test(document.getElementById("status").textContent), null, {
    timeout: 120_000,
  });
  return { page, faults };
}

function demandEqual(found, expected) {
  if (JSON.stringify(found) !== JSON.stringify(expected))
    throw new Error(`expected ${JSON.stringify(expected)}, found ${JSON.stringify(found)}`);
}

/** How many records it shows in front of damage, how many stretches are none, how many records lie beyond. */
async function counts(page) {
  const facts = await page.locator("#facts li").allTextContents();
  const sum = (pattern) => facts.reduce((total, fact) => total + Number(pattern.exec(fact)?.[1] ?? 0), 0);
  return [sum(/ (\d[\d,]*) records/), sum(/; (\d+) valid records beyond/)];
}

async function checkGoldenStores(browser, check) {
  const manifest = JSON.parse(readFileSync(join(FIXTURES, "manifest.json"), "utf8"));
  for (const [store, { report }] of Object.entries(manifest))
    await check(`inspector: ${store}`, async () => {
      const { page, faults } = await opened(browser, segmentsOf(store));
      // Of the two that are damaged each has a good segment in front of and behind the damage, or none.
      const records = report?.records_replayed ?? { bad_crc: 2, unknown_version: 0 }[store];
      demandEqual(await counts(page), [records, 0]);
      const damages = await page.locator("#facts .bad").count();
      demandEqual(damages, report ? report.tail_truncated : 1);
      demandEqual(faults, []);
      await page.close();
    });
}

async function openLarge(browser, work) {
  const path = join(work, "00000001.dwal");
  const frame = (txid) => encodeRecord({ type: 1, txid, key: `key ${txid}`, payload: "x".repeat(80) });
  const file = openSync(path, "w");
  let [frames, bytes] = [0, 0];
  for (; bytes < 100_000_000; frames += 10_000) {
    const some = Buffer.concat(
      Array.from({ length: 10_000 }, (_, index) => frame(BigInt(frames + index + 1))),
    );
    bytes += writeSync(file, some);
  }
  closeSync(file);
  const page = await browser.newPage();
  await page.goto(PAGE);
  await page.evaluate(() => {
    window.told = [];
    window.longest = 0;
    let last = performance.now();
    const frame = () => {
      window.longest = Math.max(window.longest, performance.now() - last);
      last = performance.now();
      requestAnimationFrame(frame);
    };
    frame();
    new MutationObserver(() => window.told.push(document.getElementById("status").textContent)).observe(
      document.getElementById("status"),
      { childList: true },
    );
  });
  await page.setInputFiles("#files", path);
  const wanted = `${frames.toLocaleString("en-US")} rows`;
  await page.waitForFunction((rows) => document.getElementById("status").textContent === rows, wanted);
  await page.focus("#table");
  await page.keyboard.press("End");
  await page.waitForSelector(`[aria-rowindex="${frames}"][aria-selected="true"]`);
  const { told, longest } = await page.evaluate(() => ({
    told: window.told.length,
    longest: window.longest,
  }));
  console.log(
    `inspector: ${frames} frames, ${told} times told how far it was, ${longest.toFixed(0)} ms the longest pause`,
  );
  // It drew while the worker read, and draws the rows that are seen, and no others.
  if (told < 10) throw new Error(`expected to be told how far it is, found ${told} times`);
  const drawn = await page.locator(".row").count();
  if (drawn > 60) throw new Error(`expected the rows that can be seen, found ${drawn}`);
  await page.close();
}

async function demandAccess(browser, options) {
  const { page } = await opened(browser, segmentsOf("bad_crc"), { ...options, bypassCSP: true });
  await page.focus("#table");
  await page.keyboard.press("ArrowDown");
  await page.waitForSelector("#detail h2");
  await page.evaluate(readFileSync(toolPath("axe-core/axe.min.js"), "utf8"));
  const { violations } = await page.evaluate(() => globalThis.axe.run());
  demandEqual(
    violations.map(({ id, nodes }) => [id, nodes.map(({ html }) => html)]),
    [],
  );
  await page.close();
}

async function useKeyboard(browser) {
  const { page, faults } = await opened(browser, segmentsOf("smoke"));
  await page.focus("#search");
  await page.keyboard.type("gamma");
  await page.keyboard.press("Enter");
  await page.waitForFunction(() => document.getElementById("status").textContent === "1 rows");
  await page.focus("#table");
  await page.keyboard.press("Home");
  await page.waitForSelector("#detail pre");
  demandEqual((await page.locator("#detail pre").allTextContents()).slice(0, 2), ["gamma", "333"]);
  demandEqual(faults, []);
  await page.close();
}
