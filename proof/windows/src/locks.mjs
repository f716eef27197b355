// Processes that exclude each other: two of ours, several at once, ours and the reference's way to lock.
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";

const RACERS = 4;
const ROUNDS = 30;
const WAIT_MS = 30_000;
/** ERROR_SHARING_VIOLATION. */
const SHARING_VIOLATION = 32;

let files = 0;

export async function runLocks(wine, copy, work, check) {
  const holder = join(work, "holder.exe");
  wine.compile(readFileSync(join(import.meta.dirname, "../programs/holder.c"), "utf8"), holder);
  const at = (name) => join(work, `${name}-${++files}`);

  /** Ours; `told` is what came of it. */
  async function open(store) {
    const [told, go] = [at("told"), at("go")];
    const args = [wine.nodePath, "proof/windows/programs/opener.mjs", store, told, go];
    const process = wine.start(args, { cwd: copy });
    return { ...process, told: await textOf(told), letGo: () => writeFileSync(go, "") };
  }

  /** The reference's. */
  async function hold(store) {
    const told = at("told");
    const process = wine.start([holder, join(store, ".lock"), told], { cwd: copy });
    return { ...process, told: (await textOf(told)).trim() };
  }

  const isRefused = ({ told }) => equal(told.split(":")[0], "ERR_DATAWAL_LOCKED");

  async function end(holding) {
    holding.child.kill("SIGKILL");
    await holding.ended;
  }

  await check("a second process is refused until the first has closed", async () => {
    const store = at("store");
    const first = await open(store);
    equal(first.told, "held");
    isRefused(await open(store));
    first.letGo();
    equal((await first.ended).status, 0);
    const next = await open(store);
    equal(next.told, "held");
    await end(next);
  });

  await check("a killed process has held the lock until then, and its store opens again", async () => {
    const store = at("store");
    for (let round = 0; round < 3; round++) {
      const holding = await open(store);
      equal(holding.told, "held");
      await end(holding);
    }
  });

  await check(`of ${RACERS} that race, never are two inside`, async () => {
    const [store, inside] = [at("store"), at("inside")];
    const args = ["proof/windows/programs/racer.mjs", store, inside, String(ROUNDS)];
    const ends = await Promise.all(Array.from({ length: RACERS }, () => wine.node(args, { cwd: copy })));
    for (const { status, output } of ends) equal(`${status} ${output.replace(/\d+/, "N").trim()}`, "0 N");
    const sum = ends.reduce((total, { output }) => total + Number(output), 0);
    if (sum < RACERS) throw new Error(`expected ${RACERS} times inside or more, got ${sum}`);
    console.log(`locks: ${RACERS} processes raced ${ROUNDS} rounds each, and were inside ${sum} times`);
  });

  await check("what the reference holds is refused, and free when its process is killed", async () => {
    const store = at("store");
    const made = await open(store);
    made.letGo();
    await made.ended;
    const holding = await hold(store);
    equal(holding.told, "held 0");
    isRefused(await open(store));
    await end(holding);
    const ours = await open(store);
    equal(ours.told, "held");
    equal((await hold(store)).told, `refused-open ${SHARING_VIOLATION}`);
    await end(ours);
    const again = await hold(store);
    equal(again.told, "held 0");
    await end(again);
  });
}

async function textOf(path) {
  for (let waitedMs = 0; waitedMs < WAIT_MS; waitedMs += 20) {
    const text = existsSync(path) ? readFileSync(path, "utf8") : "";
    if (text !== "") return text;
    await setTimeout(20);
  }
  throw new Error(`${path} was not written within ${WAIT_MS / 1000} s`);
}

function equal(actual, expected) {
  if (actual !== expected) throw new Error(`expected ${expected}, got ${actual}`);
}
