import { decodeGroupHead, decodeNext } from "@datawal/format";

/** A frame of a segment, as the model counts it; 0 where it does not decode. */
export interface Cell {
  code: number;
  start: number;
  end: number;
  bytes: Uint8Array;
}

/** The frames in `bytes` from `start` on. @param codeOf The model's number of a frame. */
export function cellsIn(bytes: Uint8Array, start: number, codeOf: (frame: Uint8Array) => number): Cell[] {
  const cells: Cell[] = [];
  for (let at = start; at < bytes.length; ) {
    const decoded = decodeNext(bytes, at);
    if (decoded.kind !== "record") throw new Error(`expected whole frames, found none at ${at}`);
    const frame = bytes.slice(at, decoded.end);
    cells.push({ code: codeOf(frame), start: at, end: decoded.end, bytes: frame });
    at = decoded.end;
  }
  return cells;
}

export function isGroupHead(frame: Uint8Array): boolean {
  const decoded = decodeNext(frame, 0);
  return decoded.kind === "record" && decodeGroupHead(decoded) !== undefined;
}

/**
 * What a power cut, or the kernel, has left where cells lay: those that `shown` had, behind them those that the disk may
 * still have had. A cell of which anything is missing does not decode.
 */
export function cellsLeft(found: Uint8Array, shown: readonly Cell[], onDisk: readonly Cell[]): Cell[] {
  const end = shown.at(-1)?.end ?? 0;
  const behind = onDisk.slice(shown.length).filter(({ start }) => start >= end);
  const left: Cell[] = [];
  for (const [index, cell] of [...shown, ...behind].entries()) {
    if (cell.start >= found.length) break;
    const there = found.slice(cell.start, Math.min(cell.end, found.length));
    const same = [cell, onDisk[index]].find((each) => each && Buffer.compare(each.bytes, there) === 0);
    left.push({ ...cell, code: same?.code ?? 0, bytes: there, end: cell.start + there.length });
  }
  const covered = left.at(-1)?.end ?? 0;
  if (covered < found.length)
    left.push({ code: 0, start: covered, end: found.length, bytes: found.slice(covered) });
  return left;
}
