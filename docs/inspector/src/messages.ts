import type { Stretch } from "./frame-index.js";

/** A row as the table shows it. */
export interface Row extends Stretch {
  row: number;
  file: string;
  type: string;
  /** As a decimal number: a txid can exceed what a number holds. */
  txid: string;
  /** The first bytes of each. */
  key: Uint8Array;
  payload: Uint8Array;
  keyLen: number;
  payloadLen: number;
}

/** A row, and all of its bytes as far as they are shown. */
export interface Detail {
  row: Row;
  key: Uint8Array;
  payload: Uint8Array;
  bytes: Uint8Array;
  crc: string;
}

export interface FileFacts {
  name: string;
  bytes: number;
  records: number;
  beyond: number;
  /** In words, with its place, for each stretch that is no frame. */
  troubles: string[];
}

export type Request =
  | { kind: "open"; files: File[] }
  | { kind: "rows"; from: number; to: number }
  | { kind: "detail"; at: number }
  | { kind: "filter"; text: string; onlyTrouble: boolean };

export type Answer =
  | { kind: "progress"; what: string; done: number; total: number }
  | { kind: "opened"; files: FileFacts[]; rowCount: number }
  | { kind: "filtered"; rowCount: number }
  | { kind: "rows"; from: number; rows: Row[] }
  | { kind: "detail"; detail: Detail };
