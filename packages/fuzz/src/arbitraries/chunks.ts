import fc from "fast-check";

/** Bytes cut anywhere, into empty chunks, too. Each chunk is memory of its own. */
export function anyChunksOf(
  bytes: fc.Arbitrary<Uint8Array>,
): fc.Arbitrary<{ whole: Uint8Array; chunks: Uint8Array[] }> {
  return fc.tuple(bytes, fc.array(fc.nat(), { maxLength: 12, size: "max" })).map(([whole, draws]) => {
    const cuts = draws.map((draw) => draw % (whole.length + 1)).sort((a, b) => a - b);
    const edges = [0, ...cuts, whole.length];
    return { whole, chunks: edges.slice(1).map((end, index) => whole.slice(edges[index], end)) };
  });
}
