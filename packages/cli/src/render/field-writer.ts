import type { BytesForm } from "../arguments/bytes-form.js";
import type { ByteBuffer } from "../output/byte-buffer.js";
import type { Output } from "../output/output.js";
import { writeCutMark, writeField } from "./field.js";
import { isNarrow } from "./record-place.js";

/** How keys and payloads are shown in a line. */
export interface FieldOptions {
  bytes: BytesForm;
  /** Whether long ones are cut. */
  truncate: boolean;
}

/** Bytes shown before a field is cut, as the reference has it. */
const FIELD_BYTES_MAX = 64;
const FIELD_BYTES_MAX_NARROW = 16;

/** Returns what writes a key or payload as one field; raw bytes never reach a terminal as they are. */
export function fieldWriter(
  output: Output,
  { bytes: form, truncate }: FieldOptions,
): (buffer: ByteBuffer, field: Uint8Array) => void {
  const cutAt = isNarrow(output) ? FIELD_BYTES_MAX_NARROW : FIELD_BYTES_MAX;
  const bytesMax = truncate ? cutAt : Number.POSITIVE_INFINITY;
  if (form === "raw" && !output.isTerminal) return (buffer, field) => writeRaw(buffer, field, bytesMax);
  const shown = form === "raw" ? "auto" : form;
  return (buffer, field) => writeField(buffer, field, shown, bytesMax);
}

function writeRaw(buffer: ByteBuffer, field: Uint8Array, bytesMax: number): void {
  const shown = field.subarray(0, bytesMax);
  buffer.copy(shown);
  writeCutMark(buffer, field.length - shown.length);
}
