import { decodeNext, encodeRecord, FrameDecoder, resync } from "@datawal/format";
import { writeAtomic } from "@datawal/safeatomic";
import type fc from "fast-check";
import type { FuzzTarget } from "../engine/target.js";
import { codecRoundTrip, takesBytesOfAnyKind } from "../laws/codec.js";
import { tellsDamage } from "../laws/damage.js";
import { decodesAsTheFormatSays, readsOnlyItsBytes } from "../laws/decoder.js";
import { replacesOldByNew } from "../laws/files.js";
import { keepsTheLog } from "../laws/log.js";
import { resyncFindsOnlyFrames } from "../laws/resync.js";
import { keepsPairs } from "../laws/store.js";
import { streamEqualsWhole } from "../laws/stream.js";
import { damageableLog, simulatedLog } from "../subjects/log.js";
import { simulatedStore } from "../subjects/store.js";
import { decodeFrame } from "../targets/decode-frame.js";
import { decodeStream } from "../targets/decode-stream.js";
import { importJsonl } from "../targets/import-jsonl.js";
import { roundtrip } from "../targets/roundtrip.js";
import { scanLog } from "../targets/scan-log.js";

/** What `datawal-fuzz` runs, and how much of each where no time is given. */
export interface FuzzSuite {
  readonly laws: Readonly<Record<string, SuiteLaw>>;
  readonly targets: readonly SuiteTarget[];
}

export interface SuiteLaw {
  readonly law: fc.IRawProperty<unknown, boolean>;
  readonly runs: number;
}

export interface SuiteTarget {
  readonly target: FuzzTarget;
  readonly executions: number;
}

const law = (property: unknown, runs: number): SuiteLaw => ({ law: property as SuiteLaw["law"], runs });

/** The laws and targets of the datawal packages. */
export function datawalSuite(): FuzzSuite {
  return {
    laws: {
      codecRoundTrip: law(codecRoundTrip({ encode: encodeRecord, decode: decodeNext }), 500),
      decodesAsTheFormatSays: law(decodesAsTheFormatSays({ decode: decodeNext }), 5_000),
      readsOnlyItsBytes: law(readsOnlyItsBytes({ decode: decodeNext }), 2_000),
      streamEqualsWhole: law(
        streamEqualsWhole({ decode: decodeNext, stream: () => new FrameDecoder() }),
        2_000,
      ),
      resyncFindsOnlyFrames: law(resyncFindsOnlyFrames({ resync }), 1_000),
      takesBytesOfAnyKind: law(takesBytesOfAnyKind({ encode: encodeRecord }), 1_000),
      tellsDamage: law(tellsDamage(damageableLog), 1_000),
      replacesOldByNew: law(
        replacesOldByNew({ replace: (fileSystem, path, bytes) => writeAtomic(path, bytes, { fileSystem }) }),
        50,
      ),
      keepsTheLog: law(keepsTheLog(simulatedLog), 1_000),
      keepsPairs: law(keepsPairs(simulatedStore), 1_000),
    },
    targets: [
      { target: decodeFrame(), executions: 750_000 },
      { target: decodeStream(), executions: 700_000 },
      { target: importJsonl(), executions: 200_000 },
      { target: scanLog(), executions: 10_000 },
      { target: roundtrip(), executions: 10_000 },
    ],
  };
}
