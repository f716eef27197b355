// The targets, cell by cell, and how each is taken from what was measured.
import { BATCH_PEERS } from "./groups/batch.mjs";
import { PUT_PEERS } from "./groups/put.mjs";
import { median, ratios } from "./statistics.mjs";

const MIB = 2 ** 20;

/** Our time, or whatever is measured, as a multiple of another's. */
const ratioTo = (id, them) => (run) => ratios(run.figures(id), run.figures(id, them));
/** How many times as fast we are. */
const timesFaster = (id, them) => (run) => ratios(run.figures(id, them), run.figures(id));
/** The same against the peer that does best. */
const timesFasterThanEach = (id, peers) => (run) => {
  const against = peers.filter((peer) => run.has(id, peer)).map((peer) => timesFaster(id, peer)(run));
  return against.sort((a, b) => median(a) - median(b))[0];
};
const value =
  (id, label, scale = 1) =>
  (run) =>
    run.figures(id, label).map((figure) => figure * scale);

const atMost = (limit) => ({ sign: "<=", limit, holds: (reached) => reached <= limit });
const atLeast = (limit) => ({ sign: ">=", limit, holds: (reached) => reached >= limit });
const above = (limit) => ({ sign: ">", limit, holds: (reached) => reached > limit });

const BARE = "bare system calls";
const RUST = "Rust reference";

function target(group, row, against, unit, goal, reach) {
  return { group, row, against, unit, goal, reach };
}

function appending() {
  return [
    ["64", "64 B", BARE, 1.35],
    ["1024", "1 KiB", BARE, 1.55],
    ["65536", "64 KiB", `${BARE} + CRC`, 1.3],
  ].map(([bytes, name, against, most]) => {
    const id = `append-${bytes}`;
    // The sync behind large records is printed apart: who compares with bare writes compares without it.
    const label = bytes === "65536" ? "never synced" : "datawal";
    return target("append", `append ${name}`, against, "x time", atMost(most), (run) =>
      ratios(run.figures(id, label), run.figures(id, "bare")),
    );
  });
}

function batching() {
  const all = "all or nothing";
  return [
    ...[
      ["batch", `batch of 1,000, ${all}`, "putMany", 1.05],
      ["batch-of-two", `batch of 2, ${all}`, "puts", 0.9],
    ].map(([id, name, them, most]) => {
      return target("batch", name, `our own ${them}`, "x time", atMost(most), ratioTo(id, them));
    }),
    ...batchingOfPeers(),
  ];
}

function batchingOfPeers() {
  return [
    ["append-many", "appendMany", 0.5, 0.45],
    ["put-many", "putMany", 0.7, 0.7],
    ["put-many-over", "putMany over what is there", 0.6],
  ].flatMap(([id, name, bare, rust]) => {
    const row = `${name} (1,000 a call)`;
    const own = target("batch", row, "a bare write of each", "x time", atMost(bare), ratioTo(id, "bare"));
    if (rust === undefined) return [own];
    const peers = timesFasterThanEach(id, BATCH_PEERS);
    return [
      own,
      target("batch", row, `${RUST}, single puts`, "x time", atMost(rust), ratioTo(id, "rust")),
      target("batch", row, "best peer's batch", "x as fast", above(1), peers),
    ];
  });
}

function syncing() {
  const rows = [
    ["append-fsync", "append + fsyncSync each"],
    ["append-fsync-awaited", "append + await fsync() each"],
  ].map(([id, name]) => target("fsync", name, "write + fsync", "x time", atMost(1.15), ratioTo(id, "bare")));
  const group = (row, against, unit, goal, reach) => target("group-commit", row, against, unit, goal, reach);
  return [
    ...rows,
    group(
      "64 concurrent append + fsync callers",
      `${RUST}, append + fsync each`,
      "x as fast",
      atLeast(20),
      timesFaster("group-commit-64", "rust, one caller"),
    ),
    group(
      "64 callers: syncs that end while one waits",
      "none",
      "syncs",
      atMost(2),
      value("fairness-64", "datawal"),
    ),
  ];
}

function putting() {
  const puts = ["1000", "100000"].flatMap((keys) => {
    const id = `put-${keys}`;
    const name = `put, ${Number(keys).toLocaleString("en-US")} keys`;
    return [
      target("put", name, BARE, "x time", atMost(1.8), ratioTo(id, "bare")),
      target("put", name, RUST, "x time", atMost(1.9), ratioTo(id, "rust")),
      target("put", name, "best peer", "x as fast", atLeast(3), timesFasterThanEach(id, PUT_PEERS)),
    ];
  });
  return [
    ...puts,
    target("put", "delete + put", RUST, "x time", atMost(2.3), ratioTo("delete-put", "rust")),
    target(
      "put",
      "delete + put",
      "best peer",
      "x as fast",
      atLeast(3),
      timesFasterThanEach("delete-put", PUT_PEERS),
    ),
  ];
}

function getting() {
  const fewCached = "get, 1,000 keys, all in memory";
  return [
    target("get", fewCached, BARE, "x time", atMost(0.5), ratioTo("get-cached-1000", "bare")),
    target("get", fewCached, "lmdb", "x as fast", atLeast(3), timesFaster("get-cached-1000", "lmdb")),
    target(
      "get",
      "get, 100,000 keys, all in memory",
      "lmdb",
      "x as fast",
      atLeast(1.4),
      timesFaster("get-cached-100000", "lmdb"),
    ),
    ...gettingFromDisk(),
  ];
}

function gettingFromDisk() {
  const title = (keys) => `get, ${Number(keys).toLocaleString("en-US")} keys`;
  const few = target("get", title("1000"), BARE, "x time", atMost(2.1), ratioTo("get-1000", "bare"));
  const many = ["100000", "1000000"].flatMap((keys) => {
    const id = `get-${keys}`;
    return [
      target(
        "get",
        title(keys),
        "read + touch of the key",
        "x time",
        atMost(1.75),
        ratioTo(id, "bare, key touched"),
      ),
      target("get", title(keys), "lmdb", "x as fast", atLeast(1), timesFaster(id, "lmdb")),
    ];
  });
  return [few, ...many];
}

function opening() {
  const rows = [
    ["100000", 0.7],
    ["1000000", 0.55],
  ].flatMap(([keys, most]) => {
    const id = `open-${keys}`;
    const name = `open, ${Number(keys).toLocaleString("en-US")} keys`;
    return [
      target("open", name, "reading the file (the floor)", "x time", undefined, ratioTo(id, "bare")),
      target("open", name, RUST, "x time", atMost(most), ratioTo(id, "rust")),
    ];
  });
  return [
    ...rows,
    target(
      "open",
      "open by a checkpoint, 1,000,000 keys",
      "the same without",
      "x as fast",
      atLeast(8),
      timesFaster("open-checkpoint-1000000", "without a checkpoint"),
    ),
    target(
      "open",
      "peak memory of open, 1M keys, above bare node",
      RUST,
      "x memory",
      atMost(0.25),
      memoryOfOpen,
    ),
    target(
      "open",
      "key directory, 1M keys of 16 bytes, all told",
      "none",
      "bytes a key",
      atMost(80),
      value("keydir-1000000", "datawal"),
    ),
    target(
      "open",
      "V8 heap allocated by opening a log",
      "none",
      "bytes a record",
      atMost(1),
      value("open-heap-1000000", "datawal"),
    ),
  ];
}

function memoryOfOpen(run) {
  const above = (label, start) =>
    run
      .figures("open-1000000", label, "peakRssBytes")
      .map((bytes, round) => bytes - run.figures("start-rss-1000000", start)[round]);
  return ratios(above("datawal", "bare"), above("rust", "rust"));
}

function passing() {
  return [
    target(
      "scan",
      "scan (lazy, views)",
      "reading + CRC + two views + one object",
      "x time",
      atMost(1.3),
      ratioTo("scan", "bare"),
    ),
    target(
      "scan",
      "scan (lazy, views)",
      "reading JSONL back",
      "x as fast",
      atLeast(1.8),
      timesFaster("scan", "jsonl"),
    ),
    target(
      "scan",
      "replay through a cursor",
      "reading + CRC of the same frames",
      "x time",
      atMost(1.3),
      ratioTo("replay", "bare"),
    ),
    target(
      "scan",
      "replay through a cursor",
      `${RUST}, scan_iter`,
      "x time",
      atMost(1.5),
      ratioTo("replay", "rust"),
    ),
  ];
}

/** Megabytes of peak memory that the largest store costs above the smallest; both have the same keys. */
const memoryGrowth = (operation) => (run) => {
  const [smallest, largest] = [run.sizes.compactMemoryValues[0], run.sizes.compactMemoryValues.at(-1)];
  const small = run.figures(`${operation}-memory-${smallest}`);
  return run.figures(`${operation}-memory-${largest}`).map((bytes, round) => (bytes - small[round]) / MIB);
};

/**
 * What memory may differ by and still count as not growing: chunks of 1 MiB, copies of the largest records, and what
 * V8's collector lets lie. Far below what the stores differ by.
 */
const SLACK_MIB = 48;

function compacting() {
  const rows = [
    ["100000", "compact-to", "compactTo", 0.6],
    ["100000", "export-jsonl", "exportJsonl", 0.75],
    ["1000000", "compact-to", "compactTo", 0.4],
    ["1000000", "export-jsonl", "exportJsonl", 0.4],
  ].map(([keys, operation, name, most]) => {
    const row = `${name}, ${Number(keys).toLocaleString("en-US")} keys`;
    return target("compact", row, RUST, "x time", atMost(most), ratioTo(`${operation}-${keys}`, "rust"));
  });
  const growth = ["compact-to", "export-jsonl", "import-jsonl"].map((operation) =>
    target(
      "compact",
      `${operation}: memory, while values and not keys grow`,
      "its smallest store",
      "MiB more",
      atMost(SLACK_MIB),
      memoryGrowth(operation),
    ),
  );
  return [...rows, ...growth];
}

function verifying() {
  const grown = (run) => {
    const small = run.figures("verify-small", "datawal", "peakRssBytes");
    return run
      .figures("verify", "datawal", "peakRssBytes")
      .map((bytes, round) => (bytes - small[round]) / MIB);
  };
  const speed = (id, row, against, goal, them) =>
    target("verify", row, against, "x its speed", goal, timesFaster(id, them));
  const [name, large] = ["verify a 1 GiB store", "verify a 1 GiB store, values of 4 KiB"];
  return [
    speed("verify", name, "reading + hardware CRC alone", atLeast(0.45), "bare"),
    speed("verify", name, "the same, frame by frame", undefined, "bare, frame by frame"),
    speed("verify-4096", large, "reading + hardware CRC alone", atLeast(0.45), "bare"),
    target(
      "verify",
      "verify a 1 GiB store: memory",
      "a store of a 16th",
      "MiB more",
      atMost(SLACK_MIB),
      grown,
    ),
  ];
}

function starting() {
  const start = (label) => (run) =>
    ratios(run.figures("cli-start", label), run.figures("cli-start", "node -e 0"));
  return [
    target("cli", "datawal --version", "node -e 0", "x time", atMost(1.25), start("datawal --version")),
    target("cli", "datawal report, small store", "node -e 0", "x time", atMost(1.3), start("datawal report")),
    target("cli", "datawal scan", "RecordLog.scan alone", "x its speed", atLeast(0.6), (run) =>
      ratios(run.figures("cli-scan", "RecordLog.scan"), run.figures("cli-scan", "datawal scan")),
    ),
    target(
      "browser",
      "encodeRecord + decodeNext + CRC in a browser",
      "none",
      "KiB min + gzip",
      atMost(4),
      value("browser-codec", "datawal", 1 / 1024),
    ),
    target(
      "browser",
      "@datawal/format, all of it",
      "none",
      "KiB min + gzip",
      undefined,
      value("browser-whole", "datawal", 1 / 1024),
    ),
  ];
}

function stalling() {
  const worstHold = (run) => {
    const all = run.cases.filter(({ id }) => id.startsWith("hold-")).map(({ id }) => run.figures(id));
    return all[0]?.map((_, round) => Math.max(...all.map((figures) => figures[round])));
  };
  return [
    target(
      "latency",
      "longest single put up to 10M keys",
      "longest bare write",
      "x time",
      atMost(1.3),
      ratioTo("longest-put", "bare"),
    ),
    target(
      "latency",
      "the same, never rotating",
      "none",
      "ms",
      undefined,
      value("longest-put", "never rotating"),
    ),
    target("latency", "longest bare write of as many", "none", "ms", undefined, value("longest-put", "bare")),
    target(
      "latency",
      "longest hold of the event loop, async operations",
      "none",
      "ms",
      atMost(12),
      worstHold,
    ),
  ];
}

function overwriting() {
  const of = (work, title, quantity, unit, goal) =>
    target("compaction", title, "none", unit, goal, (run) =>
      run.figures(`compaction-${work}`, "datawal", quantity),
    );
  const works = {
    uniform: "uniform",
    zipf: "by Zipf's law",
    "rare-turns": "a turn after 1,000",
    batches: "putMany",
    "no-turns": "no turns",
  };
  const disk = Object.entries(works).map(([work, name]) =>
    of(
      work,
      `autoCompact, overwrites, ${name}: most on disk`,
      "storedRatio",
      "x live, two segments apart",
      atMost(2.5),
    ),
  );
  return [
    ...disk,
    of("uniform", "autoCompact, uniform overwrites: written", "writtenRatio", "x put", atMost(1.6)),
    of(
      "uniform",
      "autoCompact: longest wait for a turn of the event loop",
      "longestTurnMs",
      "ms",
      atMost(12),
    ),
    target("compaction", "autoCompact: longest put", "without it", "x time", undefined, (run) =>
      ratios(
        run.figures("compaction-uniform", "datawal", "longestMs"),
        run.figures("compaction-uniform", "no autoCompact", "longestMs"),
      ),
    ),
  ];
}

/** How cost grows: measured once or a few times, at sizes that take long. */
function growing() {
  const last = (list) => list.at(-1);
  const grown = (id, list) => (run) => {
    const sizes = run.sizes[list];
    return [median(run.figures(`${id}-${last(sizes)}`)) / median(run.figures(`${id}-${sizes[0]}`))];
  };
  return [
    target(
      "scale",
      "put, largest store against smallest",
      "itself",
      "x time",
      undefined,
      grown("grow-put", "growKeys"),
    ),
    target("scale", "open, time a key, largest against 100k keys", "itself", "x time", undefined, (run) => [
      median(run.figures(`scale-open-${last(run.sizes.growKeys)}`)) /
        median(run.figures("scale-open-100000")),
    ]),
    target(
      "scale",
      "memory held at 17M keys of 16 bytes (a Map ends at 2^24)",
      "none",
      "bytes a key",
      atMost(80),
      (run) => run.figures(`grow-memory-${last(run.sizes.growKeys)}`),
    ),
    target(
      "scale",
      "verify a 5 GiB store of one segment: memory",
      "a store of 4 MiB",
      "MiB more",
      atMost(SLACK_MIB),
      (run) => [
        (median(run.figures("verify-large-memory")) - median(run.figures("verify-large-memory-small"))) / MIB,
      ],
    ),
    target(
      "scale",
      "hostile tail, 16 times as long",
      "itself",
      "x time (linear: 16)",
      atMost(20),
      grown("hostile", "tails"),
    ),
  ];
}

export const TARGETS = [
  ...appending(),
  ...batching(),
  ...syncing(),
  ...putting(),
  ...getting(),
  ...opening(),
  ...passing(),
  ...compacting(),
  ...overwriting(),
  ...verifying(),
  ...starting(),
  ...stalling(),
  ...growing(),
];
