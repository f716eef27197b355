export { anyKey } from "./arbitraries/key.js";
export { anyLog, type GeneratedLog } from "./arbitraries/log.js";
export { anyOperation, anyOperations, type Operation } from "./arbitraries/operation.js";
export { anyPayload } from "./arbitraries/payload.js";
export { anyRecord, anyTxid, type GeneratedRecord } from "./arbitraries/record.js";
export { type CodecUnderTest, codecRoundTrip } from "./laws/codec.js";
