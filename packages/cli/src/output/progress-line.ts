import type { Progress } from "@datawal/safeatomic";
import type { Output } from "./output.js";

/** An operation that is done by then needs no progress. */
const SHOWN_AFTER_MS = 500;
const REDRAWN_AFTER_MS = 100;

/** One line of a terminal that says how far an operation is, drawn over itself. */
export class ProgressLine {
  readonly #output: Output;
  readonly #nowMs: () => number;
  readonly #beginMs: number;
  #drawnMs = Number.NEGATIVE_INFINITY;
  #isShown = false;
  /** Where the phase that is under way began: an operation may go over its bytes more than once. */
  #phase: { beginMs: number; bytesDone: number };

  /** @param output Gets nothing if it is no terminal. */
  constructor(output: Output, nowMs: () => number = () => performance.now()) {
    this.#output = output;
    this.#nowMs = nowMs;
    this.#beginMs = nowMs();
    this.#phase = { beginMs: this.#beginMs, bytesDone: 0 };
  }

  /** Resolves when the line is drawn, where it is time to. */
  async report(progress: Progress): Promise<void> {
    const nowMs = this.#nowMs();
    if (progress.bytesDone < this.#phase.bytesDone) this.#phase = { beginMs: nowMs, bytesDone: 0 };
    this.#phase.bytesDone = progress.bytesDone;
    if (!this.#output.isTerminal || nowMs - this.#beginMs < SHOWN_AFTER_MS) return;
    if (nowMs - this.#drawnMs < REDRAWN_AFTER_MS) return;
    this.#drawnMs = nowMs;
    this.#isShown = true;
    const line = progressText(progress, nowMs - this.#phase.beginMs).slice(0, this.#output.columns! - 1);
    this.#output.write(`${CLEAR}${line}`);
    await this.#output.flush();
  }

  /** Takes the line away, so that something else can stand there. */
  async clear(): Promise<void> {
    if (!this.#isShown) return;
    this.#isShown = false;
    this.#output.write(CLEAR);
    await this.#output.flush();
  }
}

/** To the first column, and nothing behind it. */
const CLEAR = "\r\x1b[K";

/** Bytes, rate and time left; shortest in front, since a narrow terminal cuts it. */
export function progressText({ bytesDone, bytesTotal }: Progress, elapsedMs: number): string {
  const percent = bytesTotal === 0 ? 100 : Math.floor((100 * bytesDone) / bytesTotal);
  const bytesPerMs = elapsedMs > 0 ? bytesDone / elapsedMs : 0;
  const rate = bytesPerMs > 0 ? `, ${sizeText(bytesPerMs * 1000)}/s` : "";
  const leftMs = (bytesTotal - bytesDone) / bytesPerMs;
  const left = bytesPerMs > 0 ? `, ${durationText(leftMs)} left` : "";
  return `${String(percent).padStart(3)} %  ${sizeText(bytesDone)} of ${sizeText(bytesTotal)}${rate}${left}`;
}

function sizeText(bytes: number): string {
  const unit = Math.min(UNITS.length - 1, Math.floor(Math.log2(Math.max(bytes, 1)) / 10));
  return `${(bytes / 1024 ** unit).toFixed(unit === 0 ? 0 : 1)} ${UNITS[unit]}`;
}

const UNITS = ["B", "KiB", "MiB", "GiB", "TiB"];

function durationText(ms: number): string {
  const seconds = Math.ceil(ms / 1000);
  const [hours, minutes] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60];
  const short = `${String(minutes).padStart(hours ? 2 : 1, "0")}:${String(seconds % 60).padStart(2, "0")}`;
  return hours ? `${hours}:${short}` : short;
}
