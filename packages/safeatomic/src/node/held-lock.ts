import { closeSync, fstatSync, ftruncateSync, writeSync } from "node:fs";
import type { HeldLock, RefusedLock } from "../file-system.js";
import { encodeLockText } from "../lock-text.js";
import { systemError } from "../system-error.js";
import { askBeside, askHere } from "./flock-program.js";
import { takeLock } from "./lock-chain.js";
import { holderOf, inodeOf, ownLocks } from "./lock-holder.js";
import { readLockText, readOwner } from "./lock-state.js";
import { fileStat } from "./open-descriptor.js";
import type { LockedFile, TakenLock } from "./taken-lock.js";

/** See the port: `FileSystem.lock`. */
export function lock(path: string, owner: string): HeldLock | RefusedLock;
export function lock(path: string, owner: string, mayWait: true): Promise<HeldLock | RefusedLock>;
export function lock(path: string, owner: string, mayWait?: true) {
  if (mayWait) return askBeside(takeLock(path)).then((answer) => tell(path, owner, answer));
  return tell(path, owner, askHere(takeLock(path)));
}

function tell(path: string, owner: string, answer: TakenLock | LockedFile): HeldLock | RefusedLock {
  if ("inode" in answer) return refused(path, answer.inode);
  try {
    return new NodeHeldLock(answer.descriptor, answer.means, owner);
  } catch (error) {
    closeSync(answer.descriptor);
    throw error;
  }
}

function refused(path: string, inode: string): RefusedLock {
  const owner = readOwner(path) ?? "";
  const holder = holderOf(path, inode, owner);
  return { state: "refused", owner, holder, releasing: ownLocks.get(inode)?.releasing };
}

class NodeHeldLock implements HeldLock {
  readonly state = "held";
  readonly means: string;
  readonly note: string;
  readonly identity: string;
  readonly #inode: string;
  readonly isLinked: boolean;
  readonly pinsFile: boolean;
  readonly #descriptor: number;
  readonly #owner: string;
  #isReleased = false;

  constructor(descriptor: number, means: string, owner: string) {
    this.#descriptor = descriptor;
    this.#owner = owner;
    this.means = means;
    this.pinsFile = means === "share-mode";
    const stats = fstatSync(descriptor, { bigint: true });
    const { identity, links } = fileStat(stats);
    this.identity = identity;
    this.isLinked = links! > 1;
    this.#inode = inodeOf(stats);
    this.note = readLockText(descriptor).note;
    if (!this.isLinked) this.#announce();
    ownLocks.set(this.#inode, { releasing: undefined });
  }

  writeNote(line: string): void {
    this.#write(encodeLockText({ owner: this.#owner, note: line }));
  }

  announceRelease(released: Promise<unknown>): void {
    if (!this.#isReleased) ownLocks.set(this.#inode, { releasing: released });
  }

  release(): void {
    if (this.#isReleased) return;
    this.#isReleased = true;
    ownLocks.delete(this.#inode);
    closeSync(this.#descriptor);
  }

  /** The owner is told and the note kept in one write, so that a kill between two cannot lose the note. */
  #announce(): void {
    const text = encodeLockText({ owner: this.#owner, note: this.note });
    try {
      this.#write(text);
      ftruncateSync(this.#descriptor, text.length);
    } catch {
      // The lock is held all the same, and its text is for people: a full disk must not keep its owner out.
    }
  }

  #write(text: Uint8Array): void {
    if (this.#isReleased) throw systemError("EBADF", "expected a held lock, but this one has been released");
    if (this.isLinked) return;
    const count = writeSync(this.#descriptor, text, 0, text.length, 0);
    if (count < text.length)
      throw systemError("ENOSPC", "the text of the lock file was written only in part");
  }
}
