import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { decodeNext, type EncodableRecord, encodeRecord, RecordType } from "@datawal/format";
import { describe, expect, test } from "vitest";
import { concat, patched, toHex } from "./sample-frames.js";

const FIXTURES = new URL("../../../proof/fixtures/", import.meta.url);

interface Manifest {
  [store: string]: {
    segments: Record<string, { sha256: string }>;
    records?: number;
    records_sha256?: string;
  };
}
const manifest: Manifest = JSON.parse(readFileSync(new URL("manifest.json", FIXTURES), "utf8"));

function segmentNames(store: string): string[] {
  return readdirSync(new URL(`${store}/`, FIXTURES)).sort();
}

function segment(store: string, name: string): Uint8Array {
  return new Uint8Array(readFileSync(new URL(`${store}/${name}`, FIXTURES)));
}

function sha256(data: Uint8Array | string): string {
  return createHash("sha256").update(data).digest("hex");
}

/** The frames of consecutive records, the first with this txid. */
function frames(firstTxid: bigint, ...records: Omit<EncodableRecord, "txid">[]): Uint8Array {
  return concat(...records.map((record, i) => encodeRecord({ ...record, txid: firstTxid + BigInt(i) })));
}

const raw = (payload: string) => ({ type: RecordType.Raw, payload });
const put = (key: string, payload: string) => ({ type: RecordType.Put, key, payload });
const deletion = (key: string) => ({ type: RecordType.Delete, key });

describe("the encoder makes the reference's corpus of the operations it was made of", () => {
  const corpus: [string, Record<string, Uint8Array>][] = [
    ["valid_log", { "00000001.dwal": frames(1n, raw("alpha"), raw("beta"), raw("gamma")) }],
    ["truncated_tail", { "00000001.dwal": frames(1n, raw("one"), raw("two"), raw("three")).subarray(0, -5) }],
    [
      "bad_crc",
      {
        "00000001.dwal": frames(1n, raw("good")),
        "00000002.dwal": patched(frames(2n, raw("this-will-be-corrupted")), 29, 0x77 ^ 0xff),
        "00000003.dwal": frames(3n, raw("after")),
      },
    ],
    ["unknown_version", { "00000001.dwal": patched(frames(1n, raw("first")), 4, 0xfe, 0xca) }],
    [
      "delete_tombstone",
      {
        "00000001.dwal": frames(1n, put("alpha", "1"), put("beta", "2"), put("alpha", "3"), deletion("beta")),
      },
    ],
    ["compact_to_output", { "00000001.dwal": frames(1n, put("keep", "final"), put("other", "value")) }],
  ];

  test.each(corpus)("%s", (store, segments) => {
    expect(segmentNames(store)).toEqual(Object.keys(segments));
    for (const [name, bytes] of Object.entries(segments)) {
      expect(toHex(bytes)).toBe(toHex(segment(store, name)));
    }
  });
});

describe.each(Object.keys(manifest))("%s", (store) => {
  const names = segmentNames(store);

  test("its files are those of the manifest", () => {
    const hashes = names.map((name) => [name, sha256(segment(store, name))]);
    const expected = Object.entries(manifest[store]!.segments).map(([name, { sha256 }]) => [name, sha256]);
    expect(hashes).toEqual(expected);
  });

  test("every frame decodes, and encodes to the same bytes again", () => {
    for (const name of names) {
      const bytes = segment(store, name);
      const { encoded } = walk(name, bytes);
      expect(toHex(encoded)).toBe(toHex(bytes.subarray(0, encoded.length)));
    }
  });
});

/** The reference refuses the other two, and so says nothing about their records. */
const openStores = Object.keys(manifest).filter((store) => manifest[store]!.records !== undefined);

test.each(openStores)("%s: its records are those the reference sees", (store) => {
  const lines = segmentNames(store).flatMap((name) => walk(name, segment(store, name)).lines);

  expect(lines).toHaveLength(manifest[store]!.records!);
  expect(sha256(lines.map((line) => `${line}\n`).join(""))).toBe(manifest[store]!.records_sha256);
});

/** The valid prefix of a segment: its records as the manifest digests them, and their frames encoded anew. */
function walk(name: string, bytes: Uint8Array): { lines: string[]; encoded: Uint8Array } {
  const [lines, encoded]: [string[], Uint8Array[]] = [[], []];
  for (let offset = 0; ; ) {
    const decoded = decodeNext(bytes, offset);
    if (decoded.kind !== "record") return { lines, encoded: concat(...encoded) };
    const { type, txid, key, payload, len, end } = decoded;
    const [key64, payload64] = [key, payload].map((part) => Buffer.from(part).toString("base64"));
    lines.push([Number.parseInt(name, 10), offset, len, type, txid, key64, payload64].join("/"));
    encoded.push(encodeRecord(decoded));
    offset = end;
  }
}
