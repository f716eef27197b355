import { equal, fail, notEqual, ok } from "node:assert/strict";
import type { HeldLock } from "../../file-system.js";
import { isSameFile } from "../../same-file.js";
import { at, failsWith, makeDirectory, makeFile, textOf } from "./disk-verbs.js";
import type { ConformanceDisk, Facts } from "./facts.js";

/** What the contract says of locks. */
export const lockFacts: Facts = {
  "a lock makes its file, and writes its owner there": (disk) => {
    const lock = held(disk, "owner");
    showsText(disk, lock, "owner\n\n");
    equal(lock.note, "");
    notEqual(lock.means, "");
    ok(isSameFile(disk.fileSystem.stat(at(disk, "lock")), lock));
    lock.release();
    equal(textOf(disk, at(disk, "lock")), "owner\n\n");
  },

  "a lock that is held is refused, to this process too, and its text left alone": (disk) => {
    const lock = held(disk, "first owner");
    const refused = disk.fileSystem.lock(at(disk, "lock"), "second owner");
    equal(refused.state, "refused");
    equal(refused.state === "refused" && refused.owner, lock.pinsFile ? "" : "first owner");
    lock.release();
    equal(textOf(disk, at(disk, "lock")), "first owner\n\n");
  },

  "a released lock can be taken again, and releasing twice frees nobody else's": (disk) => {
    const first = held(disk, "first");
    first.release();
    const second = held(disk, "second");
    first.release();
    equal(disk.fileSystem.lock(at(disk, "lock"), "third").state, "refused");
    second.release();
  },

  "locks on two files do not meet": (disk) => {
    const first = held(disk, "owner", "lock");
    const second = held(disk, "owner", "other");
    first.release();
    equal(disk.fileSystem.lock(at(disk, "other"), "owner").state, "refused");
    second.release();
  },

  "a note outlives its writer, and is kept by whoever holds the lock next": (disk) => {
    const first = held(disk, "first owner");
    first.writeNote("note 1");
    first.writeNote("note 2");
    first.release();
    const second = held(disk, "2nd");
    equal(second.note, "note 2");
    showsText(disk, second, "2nd\nnote 2\n");
    second.release();
    const third = held(disk, "third owner, with a longer line");
    equal(third.note, "note 2");
    third.release();
    equal(textOf(disk, at(disk, "lock")), "third owner, with a longer line\nnote 2\n");
  },

  "a lock file that others wrote is read as far as it goes": (disk) => {
    makeFile(disk, "lock", "4711\n");
    const lock = held(disk, "owner");
    equal(lock.note, "");
    lock.writeNote("note");
    lock.release();
    equal(textOf(disk, at(disk, "lock")), "owner\nnote\n");
  },

  "a lock file that has another name is locked, and left as it is": (disk) => {
    const second = makeFile(disk, "other", "4711\nnote\n");
    if (disk.fileSystem.stat(second)?.links === undefined) return;
    disk.fileSystem.link(second, at(disk, "linked"));
    const lock = held(disk, "owner", "linked");
    equal(lock.isLinked, true);
    equal(lock.note, "note");
    lock.writeNote("more");
    equal(disk.fileSystem.lock(second, "another owner").state, "refused");
    lock.release();
    equal(textOf(disk, second), "4711\nnote\n");
  },

  "an owner or a note is one line": async (disk) => {
    await failsWith("ERR_DATAWAL_NOT_ONE_LINE", () => disk.fileSystem.lock(at(disk, "lock"), "two\nlines"));
    const lock = held(disk, "owner");
    await failsWith("ERR_DATAWAL_NOT_ONE_LINE", () => lock.writeNote("two\nlines"));
    lock.release();
    await failsWith("EBADF", () => lock.writeNote("too late"));
    equal(textOf(disk, at(disk, "lock")), "owner\n\n");
  },

  "a lock needs a directory and a regular file": async (disk) => {
    await failsWith("ENOENT", () => disk.fileSystem.lock(at(disk, "missing/lock"), "owner"));
    await failsWith("ERR_DATAWAL_NOT_A_FILE", () =>
      disk.fileSystem.lock(makeDirectory(disk, "directory"), "owner"),
    );
  },

  "lockState never takes a held lock for free, nor a free one for held": (disk) => {
    const path = at(disk, "lock");
    const before = disk.fileSystem.lockState(path);
    equal(`${before.state} ${before.owner}`, "free ");
    equal(disk.fileSystem.stat(path), undefined);
    const lock = held(disk, "owner");
    const during = disk.fileSystem.lockState(path);
    notEqual(during.state, "free");
    equal(during.owner, lock.pinsFile ? "" : "owner");
    lock.release();
    const after = disk.fileSystem.lockState(path);
    notEqual(after.state, "held");
    equal(after.owner, "owner");
  },

  "a lock that pins its file keeps it from being read, renamed and removed, and its directory from being renamed":
    async (disk) => {
      const directory = makeDirectory(disk, "directory");
      const lock = held(disk, "owner", "directory/lock");
      const path = at(disk, "directory/lock");
      if (lock.pinsFile) {
        await failsWith("EBUSY", () => disk.fileSystem.open(path, "read"));
        await failsWith("EBUSY", () => disk.fileSystem.rename(path, at(disk, "renamed")));
        await failsWith("EBUSY", () => disk.fileSystem.removeFile(path));
        await failsWith(["EPERM", "EBUSY"], () => disk.fileSystem.rename(directory, at(disk, "renamed")));
      }
      lock.release();
      disk.fileSystem.rename(directory, at(disk, "renamed"));
    },

  "lockState takes nothing: the lock can be had at once": (disk) => {
    const path = at(disk, "lock");
    held(disk, "owner").release();
    disk.fileSystem.lockState(path);
    held(disk, "owner").release();
  },
};

/** What others read of a lock that is held, where it can be read. */
function showsText(disk: ConformanceDisk, lock: HeldLock, text: string): void {
  if (!lock.pinsFile) equal(textOf(disk, at(disk, "lock")), text);
}

function held(disk: ConformanceDisk, owner: string, name = "lock"): HeldLock {
  const lock = disk.fileSystem.lock(at(disk, name), owner);
  if (lock.state === "refused")
    fail(`expected the lock on ${name} to be free, found it held by ${lock.owner}`);
  return lock;
}
