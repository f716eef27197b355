import { join } from "node:path";
import { gzipSync } from "node:zlib";

const FORMAT = join(import.meta.dirname, "../../../packages/format/dist/index.js");

/** What a page has to load. */
export async function browser(bench) {
  const { build } = await import("esbuild").catch(() => ({}));
  if (!build) return void process.stdout.write("\n!!! LEFT OUT: bundle sizes: esbuild is not installed\n");
  const entries = {
    codec: `export { encodeRecord, decodeNext, crc32c } from ${JSON.stringify(FORMAT)};`,
    whole: `export * from ${JSON.stringify(FORMAT)};`,
  };
  for (const [id, contents] of Object.entries(entries)) {
    const { outputFiles } = await build({
      stdin: { contents, resolveDir: import.meta.dirname },
      bundle: true,
      minify: true,
      platform: "browser",
      format: "esm",
      write: false,
    });
    const [{ contents: minified }] = outputFiles;
    const gzipBytes = gzipSync(minified, { level: 9 }).length;
    const title =
      id === "codec" ? "encodeRecord + decodeNext + CRC in a browser" : "@datawal/format, all of it";
    bench.record(
      { id: `browser-${id}`, title, quantity: "gzipBytes", unit: "bytes minified + gzip" },
      { datawal: [{ gzipBytes, minifiedBytes: minified.length }] },
    );
  }
}
