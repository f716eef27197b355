import type { Change } from "./changes.js";

/** A coded error that a reader may end with instead of an answer, beside which changes, and why that is no lie. */
interface AllowedCode {
  code: string;
  beside: readonly Change["effect"][];
  why: string;
}

const ALLOWED: readonly AllowedCode[] = [
  {
    code: "ERR_DATAWAL_READER_STALE",
    beside: ["replaces", "drops", "compacts", "repairs", "rots"],
    why: "the directory that was opened is no longer the store, or a segment no longer what was read of it",
  },
  {
    code: "ERR_DATAWAL_SWAP_UNFINISHED",
    beside: ["replaces"],
    why: "between the two renames of a swap there is no store but STORE.old",
  },
  {
    code: "ERR_DATAWAL_STORE_NOT_FOUND",
    beside: ["replaces"],
    why: "between the two renames of a swap there is no store, and when STORE.old is asked for it may be gone already",
  },
  {
    code: "ERR_DATAWAL_RECORD_UNREADABLE",
    beside: ["drops", "repairs", "rots"],
    why: "what a handle knows of is cut off, or its segment was dropped",
  },
  {
    code: "ERR_DATAWAL_SEGMENT_CHANGED",
    beside: ["repairs", "rots"],
    why: "a repair shortens the segment that is being read",
  },
  {
    code: "ERR_DATAWAL_SEGMENT_DAMAGED",
    beside: ["rots"],
    why: "it is",
  },
  {
    code: "ERR_DATAWAL_RECORD_MISMATCH",
    beside: ["rots"],
    why: "another record stands where the handle knows of one that rot and a repair have taken away",
  },
];

export function isAllowed(code: string, { effect }: Change): boolean {
  return ALLOWED.some((allowed) => allowed.code === code && allowed.beside.includes(effect));
}
