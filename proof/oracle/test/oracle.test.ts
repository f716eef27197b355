import { describe, expect, test } from "vitest";
import {
  areGroupsWhole,
  hasOpened,
  hasPairsOf,
  isCompacted,
  isContiguous,
  isDamageRefusal,
  isDurable,
  isIdempotent,
  isLossTold,
  isMoved,
  isNothingFabricated,
  isPrefix,
  isPrefixWithAcknowledged,
  isRightAnswer,
  isTypedRefusal,
  isUntouched,
  isWithoutGaps,
  isWithoutLeak,
  type OracleRecord,
  type OracleReport,
  OracleViolation,
  type Sentence,
} from "../src/oracle.js";

// Each sentence has to fail on a planted wrong log, and to hold on a right one, or it proves nothing.

const bytes = (text: string) => new TextEncoder().encode(text);
const record = (type: number, txid: number, key: string, payload: string): OracleRecord => ({
  type,
  txid: BigInt(txid),
  key: bytes(key),
  payload: bytes(payload),
});
const raw = (txid: number, payload: string) => record(0, txid, "", payload);
const put = (txid: number, key: string, value: string) => record(1, txid, key, value);
const deletion = (txid: number, key: string) => record(2, txid, key, "");
const coded = (code: string, facts = {}) => Object.assign(new Error("no"), { code }, facts);

const LONG = "x".repeat(200);
const appended = [raw(1, "one"), put(2, "key", LONG), deletion(3, "key")];
const clean: OracleReport = {
  tailTruncated: 0,
  tailBytesDiscarded: 0,
  damageReason: undefined,
  warnings: [],
};
const torn: OracleReport = {
  tailTruncated: 1,
  tailBytesDiscarded: 7,
  damageReason: "cut-body",
  warnings: [],
};

function breaks(sentence: Sentence, check: () => void): void {
  try {
    check();
  } catch (error) {
    expect(error).toBeInstanceOf(OracleViolation);
    expect(error).toMatchObject({ sentence, message: expect.stringContaining(`oracle: ${sentence}: `) });
    return;
  }
  throw new Error(`expected a violation of "${sentence}", the wrong log passed`);
}

const WRONG_LOGS: [string, OracleRecord[]][] = [
  ["lacks a record at its start", [appended[1]!]],
  ["lacks a record in between", [appended[0]!, appended[2]!]],
  ["has a record twice", [appended[0]!, appended[0]!]],
  ["has records in another order", [appended[1]!, appended[0]!]],
  ["has another payload", [raw(1, "eno")]],
  ["has another byte at the end of a long payload", [appended[0]!, put(2, "key", `${LONG.slice(1)}y`)]],
  ["has a longer payload", [raw(1, "one more")]],
  ["has another key", [appended[0]!, put(2, "kez", LONG)]],
  ["has another txid", [raw(2, "one")]],
  ["has another type", [record(1, 1, "", "one")]],
  ["has one record more", [...appended, raw(4, "four")]],
];

describe("1 durable", () => {
  test("holds where the acknowledged records are there, and maybe more", () => {
    isDurable(appended, 3);
    isPrefixWithAcknowledged(appended, appended, 2);
    isPrefixWithAcknowledged([], appended, 0);
  });

  test("fails where an acknowledged record is missing", () => {
    breaks("1 durable", () => isDurable(appended.slice(0, 2), 3));
    breaks("1 durable", () => isPrefixWithAcknowledged(appended.slice(0, 2), appended, 3));
  });
});

describe("2 prefix", () => {
  test("holds of every prefix", () => {
    for (let count = 0; count <= appended.length; count++) isPrefix(appended.slice(0, count), appended);
  });

  test.each(WRONG_LOGS)("fails of a log that %s", (_name, wrong) => {
    breaks("2 prefix", () => isPrefix(wrong, appended));
    breaks("2 prefix", () => isPrefixWithAcknowledged(wrong, appended, 0));
  });

  test("holds of txids that follow one another, from wherever the log begins", () => {
    isContiguous([]);
    isContiguous(appended.slice(1));
  });

  test("fails of txids with a gap, repeated, or going back", () => {
    for (const txids of [
      [1, 3],
      [2, 2],
      [2, 1],
    ])
      breaks("2 prefix", () => isContiguous(txids.map((txid) => raw(txid, ""))));
  });
});

describe("10 groups", () => {
  const payload = Buffer.alloc(20);
  payload.writeUInt32LE(1, 0);
  payload.writeUInt32LE(2, 4);
  const head = { type: 2, txid: 2n, key: Buffer.from("\0datawal.group\0\0"), payload };
  const whole = [raw(1, "before"), head, put(4, "a", "1"), put(6, "b", "2"), raw(7, "behind")];

  test("holds where all records of a group are there, or none", () => {
    areGroupsWhole(whole);
    areGroupsWhole(whole.slice(0, 1));
    isContiguous(whole);
  });

  test("fails where some are, wherever one is missing", () => {
    for (const end of [2, 3]) breaks("10 groups", () => areGroupsWhole(whole.slice(0, end)));
    for (const gone of [2, 3]) breaks("10 groups", () => areGroupsWhole(whole.toSpliced(gone, 1)));
  });

  test("and the log goes on two txids apart within a group only", () => {
    breaks("2 prefix", () => isContiguous([...whole, raw(9, "")]));
    breaks("2 prefix", () => isContiguous([head, put(3, "a", "1")]));
  });
});

describe("3 nothing fabricated", () => {
  test("holds of appended records in any order", () => {
    isNothingFabricated(appended.toReversed(), appended);
    isNothingFabricated(appended.slice(0, 2), appended, [appended[2]!]);
  });

  test("fails of a record that was never appended", () => {
    for (const wrong of [raw(9, "one"), raw(1, "nine"), put(2, "other", LONG)])
      breaks("3 nothing fabricated", () => isNothingFabricated([appended[0]!, wrong], appended));
  });

  test("fails of a record that was reported as discarded", () => {
    breaks("3 nothing fabricated", () => isNothingFabricated(appended, appended, [appended[2]!]));
  });
});

describe("4 opens", () => {
  const damage = { path: "/store/00000001.dwal", offset: 24, reason: "crc-mismatch" };

  test("holds where there was no error", () => {
    hasOpened(undefined);
  });

  test("fails of any error where a legal crash must not have made the open fail", () => {
    breaks("4 opens", () => hasOpened(coded("ERR_DATAWAL_SEGMENT_DAMAGED", damage)));
    breaks("4 opens", () => hasOpened(new TypeError("no")));
  });

  test("where refusing is allowed, holds of an error with a code of ours", () => {
    isTypedRefusal(coded("ERR_DATAWAL_STORE_IO"));
    isDamageRefusal(coded("ERR_DATAWAL_SEGMENT_DAMAGED", damage));
  });

  test("where refusing is allowed, fails of an error without a code, with another's, and of none", () => {
    for (const error of [
      new TypeError("no"),
      coded("ENOENT"),
      { code: "ERR_DATAWAL_CLOSED" },
      "no",
      undefined,
    ]) {
      breaks("4 opens", () => isTypedRefusal(error));
      breaks("4 opens", () => isDamageRefusal(error));
    }
  });

  test.each(Object.keys(damage))(
    "where damage refuses, fails of an error that does not name its %s",
    (fact) => {
      const error = coded("ERR_DATAWAL_SEGMENT_DAMAGED", { ...damage, [fact]: undefined });
      breaks("4 opens", () => isDamageRefusal(error));
    },
  );
});

describe("5 idempotent", () => {
  const first = { records: appended, report: torn };

  test("holds where the second open finds the same, and no damage", () => {
    isIdempotent(first, { records: appended, report: clean });
  });

  test.each([{ tailTruncated: 1 }, { tailBytesDiscarded: 1 }, { damageReason: "zeros" }])(
    "fails where the second open reports %o",
    (found) => {
      breaks("5 idempotent", () =>
        isIdempotent(first, { records: appended, report: { ...clean, ...found } }),
      );
    },
  );

  test("fails where the second open finds other records", () => {
    for (const records of [
      appended.slice(0, 2),
      [...appended, raw(4, "four")],
      appended.with(0, raw(1, "eno")),
    ])
      breaks("5 idempotent", () => isIdempotent(first, { records, report: clean }));
  });
});

describe("6 source untouched", () => {
  const files = { a: Uint8Array.of(1), b: Uint8Array.of(2), "c,d": new Uint8Array(100) };

  test("holds of the same files, in whatever order they are listed", () => {
    isUntouched(files, { "c,d": new Uint8Array(100), b: Uint8Array.of(2), a: Uint8Array.of(1) });
  });

  const others: [string, Record<string, Uint8Array>][] = [
    ["a file less", { a: files.a, b: files.b }],
    ["a file more", { ...files, e: files.a }],
    ["another name", { a: files.a, x: files.b, "c,d": files["c,d"] }],
    ["names that read the same when joined", { a: files.a, b: files.b, c: files["c,d"], d: files["c,d"] }],
    ["another byte", { ...files, b: files.a }],
    ["another byte in a long file", { ...files, "c,d": new Uint8Array(100).fill(1, 99) }],
    ["a longer file", { ...files, b: Uint8Array.of(2, 0) }],
  ];

  test.each(others)("fails of %s", (_name, after) => {
    breaks("6 source untouched", () => isUntouched(files, after));
  });
});

describe("7 no wrong answer", () => {
  const records = [
    put(1, "a", "old"),
    put(2, "b", LONG),
    put(3, "a", "new"),
    put(4, "c", ""),
    deletion(5, "b"),
  ];
  const answers: Record<string, string | undefined> = { a: "new", b: undefined, c: "" };
  const store =
    (right: Record<string, string | undefined> = answers) =>
    (key: Uint8Array) => {
      const value = right[new TextDecoder().decode(key)];
      return value === undefined ? undefined : bytes(value);
    };

  test("holds of the last value of each key, and of nothing where it was deleted or never there", () => {
    isRightAnswer(records, store(), { otherKeys: [bytes("d")] });
  });

  test.each([
    ["an older value", { ...answers, a: "old" }],
    ["a value of another key", { ...answers, a: LONG }],
    ["nothing for a key that has a value", { ...answers, a: undefined }],
    ["nothing for a key that has an empty value", { ...answers, c: undefined }],
    ["the value of a deleted key", { ...answers, b: LONG }],
    ["an empty value for a deleted key", { ...answers, b: "" }],
    ["a value for a key that was never there", { ...answers, d: "new" }],
  ])("fails of %s", (_name, wrong) => {
    breaks("7 no wrong answer", () => isRightAnswer(records, store(wrong), { otherKeys: [bytes("d")] }));
  });

  test("an error is an answer where the disk may fail, and only one of ours", () => {
    const throwing = (error: Error) => () => {
      throw error;
    };
    const ours = throwing(coded("ERR_DATAWAL_RECORD_UNREADABLE"));
    isRightAnswer(records, ours, { mayThrow: true });
    breaks("7 no wrong answer", () => isRightAnswer(records, ours));
    const others = throwing(new TypeError("undefined is not a function"));
    breaks("7 no wrong answer", () => isRightAnswer(records, others, { mayThrow: true }));
  });

  test("holds of a log that says why records are missing, of a whole one, and of one without its beginning", () => {
    isLossTold({ records: appended, report: clean }, appended);
    isLossTold({ records: appended.slice(2), report: clean }, appended);
    isLossTold({ records: appended.slice(0, 2), report: torn }, appended);
    const gap = { ...clean, warnings: [{ kind: "txid-gap" }] };
    isLossTold({ records: [appended[0]!, appended[2]!], report: gap }, appended);
  });

  test("fails of a log that lacks records, or has more of them, and does not say so", () => {
    for (const records of [appended.slice(0, 2), [appended[0]!, appended[2]!], [...appended, appended[2]!]])
      breaks("7 no wrong answer", () => isLossTold({ records, report: clean }, appended));
    const { warnings: _, ...silent } = clean;
    breaks("7 no wrong answer", () =>
      isLossTold({ records: appended.slice(0, 1), report: silent }, appended),
    );
  });
});

describe("8 no leak", () => {
  const before = { openFileCount: 2, heldLockCount: 1, names: [".lock", "a", "left.new"] };

  test("holds where all is as before", () => {
    isWithoutLeak({ openFileCount: 0, heldLockCount: 0, names: ["a", "b"] });
    isWithoutLeak({ ...before, names: ["left.new", "b"] }, before);
  });

  test.each([
    ["a descriptor more", { ...before, openFileCount: 3 }],
    ["a descriptor less", { ...before, openFileCount: 1 }],
    ["a lock more", { ...before, heldLockCount: 2 }],
    ["a lock less", { ...before, heldLockCount: 0 }],
    ["a temporary", { ...before, names: [...before.names, "b.new"] }],
  ])("fails of %s", (_name, after) => {
    breaks("8 no leak", () => isWithoutLeak(after, before));
  });

  test("fails of anything at all where nothing is said of before", () => {
    const nothing = { openFileCount: 0, heldLockCount: 0, names: [] };
    for (const after of [{ openFileCount: 1 }, { heldLockCount: 1 }, { names: ["a.new"] }])
      breaks("8 no leak", () => isWithoutLeak({ ...nothing, ...after }));
  });
});

test("the check of these tests can fail: a right log breaks no sentence", () => {
  expect(() => breaks("2 prefix", () => isPrefix(appended, appended))).toThrow("the wrong log passed");
});

describe("9 compaction", () => {
  // The second segment, of txids 3 and 4, is what it removes.
  const before = [put(1, "a", "1"), put(2, "b", "1"), put(3, "a", "2"), deletion(4, "b"), put(5, "c", "1")];
  const whole = [...before, put(6, "a", "2")];
  const mayLack = new Set([1n, 2n, 3n, 4n]);

  test("holds where all, or none, of what it removes is gone", () => {
    isCompacted(whole, whole, mayLack);
    isCompacted(whole.slice(4), whole, mayLack);
    isCompacted(before, whole, mayLack);
    isMoved(whole[5]!, before);
    hasPairsOf(whole.slice(4), before, 5);
    hasPairsOf(before.slice(0, 3), before, 2);
    isWithoutGaps({ ...clean, warnings: [{ kind: "lock-linked" }] });
  });

  test.each<[string, OracleRecord[]]>([
    ["a live pair is gone", whole.slice(4, 5)],
    ["a live pair is another one", [put(1, "a", "1"), put(5, "c", "1")]],
    ["a deleted key is back", [put(2, "b", "1"), put(5, "c", "1"), put(6, "a", "2")]],
    ["what was removed takes the newest txid with it", [put(1, "a", "1")]],
  ])("fails where %s", (_, recovered) => {
    breaks("9 compaction", () => isCompacted(recovered, whole, mayLack));
    breaks("9 compaction", () => hasPairsOf(recovered, before, 5));
  });

  test("fails where a record is gone that it did not remove", () => {
    breaks("2 prefix", () => isCompacted(whole.slice(5), whole, mayLack));
  });

  test("fails where it appends something else than the last record of a key, and where a hole is told", () => {
    breaks("9 compaction", () => isMoved(put(6, "a", "1"), before));
    breaks("9 compaction", () => isMoved(put(6, "d", "1"), before));
    breaks("9 compaction", () => isMoved(deletion(6, "a"), before));
    breaks("9 compaction", () => isWithoutGaps({ ...clean, warnings: [{ kind: "txid-gap", txid: 1n }] }));
  });
});
