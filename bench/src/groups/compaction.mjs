import { compactionTable } from "../report/compaction-table.mjs";

const PEERS = ["classic-level", "lmdb", "better-sqlite3"];
const VALUE_BYTES = 256;
const PAIR_BYTES = 16 + VALUE_BYTES;

/** A store whose keys are put again for long, which has to give back what is superseded, beside stores that do so, too. */
export function compaction(bench) {
  const { overwrites, liveMib } = bench.options;
  const keys = Math.ceil((liveMib * 2 ** 20) / PAIR_BYTES);
  const job = { keys, valueBytes: VALUE_BYTES, overwrites, putsPerTurn: 100 };
  const live = `${liveMib} MiB live`;
  const work = (id, title, common, contenders) =>
    bench.measure(
      {
        id: `compaction-${id}`,
        title: `${overwrites.toLocaleString("en-US")} ${title}, ${live}`,
        unit: "µs a put",
      },
      Object.fromEntries(
        Object.entries(contenders).map(([label, of]) => [label, contender(label, common, of)]),
      ),
    );
  const peers = Object.fromEntries(PEERS.map((peer) => [peer, {}]));
  const all = { datawal: { autoCompact: true }, "no autoCompact": {}, ...peers };
  const own = { datawal: { autoCompact: true }, "no autoCompact": {} };
  const [, ...peersWithReaders] = PEERS;
  const reading = { ...own, ...Object.fromEntries(peersWithReaders.map((peer) => [peer, {}])) };
  const withReader = Object.fromEntries(
    Object.entries(reading).map(([label, of]) => [
      label,
      { ...of, reader: PEERS.includes(label) ? label : "datawal" },
    ]),
  );
  work("uniform", "uniform overwrites", job, all);
  work("zipf", "overwrites by Zipf's law", { ...job, skewed: true }, all);
  work("reader", "uniform overwrites, a reader beside", job, withReader);
  work("rare-turns", "uniform overwrites, a turn after 1,000", { ...job, putsPerTurn: 1000 }, own);
  work(
    "batches",
    "uniform overwrites by putMany, a turn after 1,000",
    { ...job, putsPerTurn: 1000, batchCount: 1000 },
    own,
  );
  work("no-turns", "uniform overwrites, no turn of the event loop", { ...job, putsPerTurn: 0 }, own);
  const measured = bench.cases.filter(({ group }) => group === bench.group);
  process.stdout.write(`\n${compactionTable(measured)}\n`);
}

function contender(label, common, of) {
  const program = PEERS.includes(label) ? label : "datawal";
  return { program, operation: "overwrite", job: { ...common, ...of } };
}
