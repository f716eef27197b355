// How much is done. A full run fills up to about 6 GiB of disk for a while.

const MIB = 2 ** 20;

export const FULL = {
  /** Payload bytes to records appended. */
  append: { 64: 200_000, 1024: 60_000, 65536: 4000 },
  batch: { batchCount: 1000, count: 100 },
  fsync: 600,
  groupCommit: { callers: [1, 8, 64, 512], records: 8192, fewestEach: 400 },
  duringSync: 32_768,
  rotation: { segmentBytesMax: [64 * MIB, 256 * MIB], rotations: 3 },
  putKeys: [1000, 100_000],
  putsFewest: 50_000,
  getKeys: [1000, 100_000, 1_000_000],
  gets: 100_000,
  openKeys: [100_000, 1_000_000],
  passKeys: 200_000,
  passMs: 600,
  compactKeys: [100_000, 1_000_000],
  /** Bytes of a value, for stores of `compactMemoryKeys` keys that differ in nothing else. */
  compactMemoryValues: [256, 4096, 32_768],
  compactMemoryKeys: 20_000,
  mixedKeys: 100_000,
  cliRounds: 21,
  cliScanKeys: 500_000,
  longestPutKeys: 10_000_000,
  holdKeys: 300_000,
  /** The largest is past what a `Map` holds, 2^24. */
  growKeys: [1000, 10_000, 100_000, 1_000_000, 10_000_000, 17_000_000],
  growSample: 20_000,
  segmentCounts: [1, 16, 256, 10_000],
  segmentKeys: 320_000,
  /** Bytes of a value to records. */
  values: { 0: 200_000, 256: 200_000, 4096: 50_000, 65536: 4000, 1048576: 200, 67108864: 6 },
  tornBytes: 5 * 2 ** 30,
  tails: [1, 2, 4, 8, 16].map((mib) => mib * MIB),
};

/** The least that still does everything. */
export const QUICK = {
  append: { 64: 2000, 1024: 1000, 65536: 50 },
  batch: { batchCount: 1000, count: 3 },
  fsync: 10,
  groupCommit: { callers: [1, 8, 64], records: 128, fewestEach: 2 },
  duringSync: 1024,
  rotation: { segmentBytesMax: [MIB], rotations: 2 },
  putKeys: [1000],
  putsFewest: 1000,
  getKeys: [1000],
  gets: 2000,
  openKeys: [2000],
  passKeys: 2000,
  passMs: 5,
  compactKeys: [2000],
  compactMemoryValues: [256, 4096],
  compactMemoryKeys: 500,
  mixedKeys: 1000,
  cliRounds: 2,
  cliScanKeys: 2000,
  longestPutKeys: 5000,
  holdKeys: 2000,
  growKeys: [1000, 4000],
  growSample: 400,
  segmentCounts: [1, 16],
  segmentKeys: 1600,
  values: { 0: 500, 256: 500, 65536: 20 },
  tornBytes: 4 * MIB,
  tails: [1, 2].map((mib) => mib * MIB),
};
