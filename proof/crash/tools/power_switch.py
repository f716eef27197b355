"""Waits for the moment of a power cut, and makes it.

The acknowledgements that a writer has given are counted in the last instant before the cut: what it says later may
rest on a sync that the cut has overtaken.
"""

import errno
import os
import re
import signal
import time

from answers import serve
from kernel import commit_btrfs, shut_down, write_back

POLL_SECONDS = 0.0005
TIMEOUT_SECONDS = 30


def cut(testimony, moment, provocations, means):
    """Waits for the moment, provokes, cuts; returns how many bytes the writer had said, None if it never came."""
    if not wait(testimony, **moment):
        return None
    for step in provocations:
        PROVOCATIONS[step.pop("kind")](**step)
    return MEANS[means.pop("kind")](testimony, **means)


def wait(testimony, statement, count, delayUs):
    """Waits until the writer has said so many such things or says no more, then a little; False when it never does."""
    deadline = time.monotonic() + TIMEOUT_SECONDS
    while not is_said(read(testimony), statement, count):
        if time.monotonic() > deadline:
            return False
        time.sleep(POLL_SECONDS)
    time.sleep(delayUs / 1_000_000)
    return True


def is_said(text, statement, count):
    return text.count(word(statement)) >= count or word("resting") in text or word("failed") in text


def word(statement):
    return f'"kind":"{statement}"'.encode()


def read(path):
    try:
        with open(path, "rb") as file:
            return file.read()
    except FileNotFoundError:
        return b""


def unsynced_range(store):
    """The newest segment, the bytes of it that the store's note calls synced, and how many there are behind these."""
    try:
        segment = max(name for name in os.listdir(store) if name.endswith(".dwal"))
        path = os.path.join(store, segment)
        synced = synced_bytes(store, int(segment[:8]))
        return path, synced, os.stat(path).st_size - synced
    except (FileNotFoundError, ValueError):
        return None, 0, 0


def synced_bytes(store, segment):
    with open(os.path.join(store, ".lock"), encoding="latin1") as file:
        note = re.search(r"^synced 1 (\d+) (\d+) ", file.read(), re.MULTILINE)
    return int(note[2]) if note and int(note[1]) == segment else 0


def provoke_range(store, writtenShare):
    """Writes the newest segment back up to some place among its unsynced bytes."""
    path, synced, unsynced = unsynced_range(store)
    if path and unsynced > 0:
        write_back(path, synced + int(unsynced * writtenShare))


def provoke_start(store):
    """Begins to write the newest segment back, and does not wait."""
    path, _, unsynced = unsynced_range(store)
    if path and unsynced > 0:
        write_back(path, os.stat(path).st_size, waits=False)


def provoke_neighbour(path):
    """Syncs another file, which commits the file system's running transaction."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    try:
        os.write(descriptor, b"neighbour")
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


# Each makes the kernel write back a part of what is dirty, as it may at any time.
PROVOCATIONS = {
    "range": provoke_range,
    "start": provoke_start,
    "neighbour": provoke_neighbour,
    "commit": lambda mount: commit_btrfs(mount),
}


def cut_by_shutdown(testimony, mount, argument):
    """The ioctl, on ext4 and XFS."""
    byte_count = os.stat(testimony).st_size
    shut_down(mount, argument)
    return byte_count


def cut_by_copy(testimony, writer, image, copy):
    """A copy of the backing image, taken while the writer is stopped: the disk as a power cut would find it."""
    os.kill(writer, signal.SIGSTOP)
    byte_count = os.stat(testimony).st_size
    copy_sparse(image, copy)
    return byte_count


def copy_sparse(source, target):
    """Copies a file, and its holes as holes."""
    with open(source, "rb") as reader, open(target, "wb") as writer:
        writer.truncate(os.fstat(reader.fileno()).st_size)
        offset = next_data(reader, 0)
        while offset is not None:
            end = os.lseek(reader.fileno(), offset, os.SEEK_HOLE)
            copy_range(reader, writer, offset, end)
            offset = next_data(reader, end)


def next_data(file, offset):
    try:
        return os.lseek(file.fileno(), offset, os.SEEK_DATA)
    except OSError as error:
        if error.errno == errno.ENXIO:
            return None
        raise


def copy_range(reader, writer, offset, end):
    os.lseek(writer.fileno(), offset, os.SEEK_SET)
    while offset < end:
        offset += os.sendfile(writer.fileno(), reader.fileno(), offset, end - offset)


# A disk with a cache of its own cuts its own power: then all is said but nothing cut here.
MEANS = {
    "shutdown": cut_by_shutdown,
    "copy": cut_by_copy,
    "none": lambda testimony: os.stat(testimony).st_size,
}

if __name__ == "__main__":
    # An interrupt is the laboratory's to handle: it goes on asking while it cleans up.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    serve({"cut": cut, "copy": copy_sparse})
