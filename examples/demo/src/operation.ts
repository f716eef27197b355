/** One put of the demo: what the writer appends, and what must be found again byte for byte. */
export interface Operation {
  key: Uint8Array;
  value: Uint8Array;
}
