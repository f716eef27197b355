/** Where the demo leaves everything, below the directory it was started in. */
export const ROOT = "demo-store";
export const STORE = `${ROOT}/log`;
export const EXPORTED = `${ROOT}/export.jsonl`;
export const COMPACTED = `${ROOT}/compacted`;
/** The input's copy while the demo runs: it is read several times, by two processes. */
export const INPUT_COPY = `${ROOT}/input`;
