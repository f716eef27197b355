export { anyChunksOf } from "./arbitraries/chunks.js";
export { anyDamage, type Damage, damaged } from "./arbitraries/damage.js";
export { anyForeignBytes, type ForeignBytes, goneBytes } from "./arbitraries/foreign-bytes.js";
export { anyFrameBytes, anyMutatedFrame, sealFrame } from "./arbitraries/frame-bytes.js";
export { anyHardKey, anyKey } from "./arbitraries/key.js";
export { anyLog, type GeneratedLog } from "./arbitraries/log.js";
export {
  anyLogOperation,
  anyLogOperations,
  anyStoreOperation,
  anyStoreOperations,
  type Crash,
  type LogInput,
  type LogOperation,
  type PairChange,
  type StoreOperation,
} from "./arbitraries/operation.js";
export { anyPayload } from "./arbitraries/payload.js";
export { anyRecord, anyTxid, type GeneratedRecord } from "./arbitraries/record.js";
export { type CommandSurroundings, runCommand } from "./command/command.js";
export { runSuite, type SuiteOptions, type SuiteRow } from "./command/run-suite.js";
export { datawalSuite, type FuzzSuite, type SuiteLaw, type SuiteTarget } from "./command/suite.js";
export { type CampaignFailure, type CampaignOptions, type CampaignResult, fuzz } from "./engine/campaign.js";
export { shrinkInput } from "./engine/shrink.js";
export type { FuzzTarget } from "./engine/target.js";
export { V8Coverage } from "./engine/v8-coverage.js";
export { type CodecUnderTest, codecRoundTrip, takesBytesOfAnyKind } from "./laws/codec.js";
export { type DamageableLog, tellsDamage } from "./laws/damage.js";
export { decodesAsTheFormatSays, readsOnlyItsBytes } from "./laws/decoder.js";
export { type FilesUnderTest, replacesOldByNew } from "./laws/files.js";
export { keepsTheLog, type LogUnderTest } from "./laws/log.js";
export { type ResyncUnderTest, resyncFindsOnlyFrames } from "./laws/resync.js";
export { keepsPairs, type StoreUnderTest } from "./laws/store.js";
export { type StreamDecoderUnderTest, type StreamUnderTest, streamEqualsWhole } from "./laws/stream.js";
export {
  LogMachine,
  type LogPlace,
  type LogReaderUnderTest,
  type LogWriterUnderTest,
} from "./machines/log-machine.js";
export type { Awaitable, Place } from "./machines/place.js";
export {
  type Pair,
  StoreMachine,
  type StorePlace,
  type StoreReaderUnderTest,
  type StoreWriterUnderTest,
} from "./machines/store-machine.js";
export { damageableLog, recordLog, recordLogReader, simulatedLog } from "./subjects/log.js";
export { type DataWalUnderTest, dataWal, dataWalReader, simulatedStore } from "./subjects/store.js";
export { decodeFrame } from "./targets/decode-frame.js";
export { decodeStream } from "./targets/decode-stream.js";
export { DECODER_OUTCOMES, type DecoderOutcome } from "./targets/frames.js";
export { type FuzzedImporter, importJsonl } from "./targets/import-jsonl.js";
export { type FuzzedStore, roundtrip } from "./targets/roundtrip.js";
export { type ScannedLog, scanLog } from "./targets/scan-log.js";
