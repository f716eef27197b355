import type { PortCall } from "./faults.js";
import type { CrashImage } from "./simulated-disk.js";

/** A power cut: what had been called until then, and what is left. */
export interface PowerCut {
  /** The calls that were made, oldest first. */
  calls: readonly PortCall[];
  /** The call that was about to be made; nothing at the end of the work. */
  next: PortCall | undefined;
  /** The state that is looked at. */
  image: Pick<CrashImage, "survived">;
}

/** So many calls before a cut are told; those before them hardly matter. */
const CALLS_TOLD = 24;

/** A power cut as text, a line for each call and for each change that has or has not survived. */
export function tellPowerCut({ calls, next, image }: PowerCut): string {
  const told = calls.slice(-CALLS_TOLD);
  return [
    ...(told.length < calls.length ? [`  (${calls.length - told.length} calls)`] : []),
    ...told.map((call) => `  ${describeCall(call)}`),
    `  the power is cut ${next ? `before ${describeCall(next)}` : "here"}; what is left:`,
    ...image.survived().map((line) => `    ${line}`),
  ].join("\n");
}

/** `file.append /store/00000001.dwal 88 bytes` */
export function describeCall({ operation, path, to, byteCount }: PortCall): string {
  const size = byteCount === undefined ? "" : ` ${byteCount} bytes`;
  return `${operation} ${path}${to === undefined ? "" : ` to ${to}`}${size}`;
}
