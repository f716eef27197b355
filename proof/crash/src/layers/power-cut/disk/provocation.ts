import { join } from "node:path";

/** What makes the kernel write back a part of what is dirty before the cut, as it may at any time. */
export type Provocation =
  /** The newest segment, and this share of its unsynced bytes. */
  | { kind: "range"; store: string; writtenShare: number }
  /** The write-back of the newest segment is begun, and not waited for. */
  | { kind: "start"; store: string }
  /** Another file is synced. */
  | { kind: "neighbour"; path: string }
  /** Btrfs commits its running transaction. */
  | { kind: "commit"; mount: string };

/** What goes before a cut, in order. */
export type ProvocationKinds = readonly Provocation["kind"][];

export function provoke(
  kinds: ProvocationKinds,
  { mountPoint, store, writtenShare }: { mountPoint: string; store: string; writtenShare: number },
): Provocation[] {
  const provocations: Record<Provocation["kind"], Provocation> = {
    range: { kind: "range", store, writtenShare },
    start: { kind: "start", store },
    neighbour: { kind: "neighbour", path: join(mountPoint, "neighbour") },
    commit: { kind: "commit", mount: mountPoint },
  };
  return kinds.map((kind) => provocations[kind]);
}
