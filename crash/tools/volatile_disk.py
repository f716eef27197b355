"""A disk in a file, by FUSE: it has a write cache that a power cut loses in part, and fails on demand.

Usage: volatile_disk.py PATH IMAGE: the file at PATH shows IMAGE. Until the kernel flushes, each 512-byte sector
written may survive a power cut or not, whatever became of the others: what a disk may do that tells no lies.
Speaks the kernel's FUSE protocol (linux/fuse.h, version 7.31) itself; requests on standard input, see answers.py.
"""

import errno
import os
import random
import select
import signal
import struct
import sys

from answers import answer
from kernel import detach, mount_fuse

SECTOR = 512
MAX_WRITE = 1 << 20
HEADER = struct.Struct("<IIQQIIIHH")
IO_ARGUMENTS = struct.Struct("<QQIIQII")

FORGET, SETATTR, GETATTR, OPEN, READ, WRITE, STATFS, RELEASE = 2, 4, 3, 14, 15, 16, 17, 18
FSYNC, FLUSH, INIT, INTERRUPT, DESTROY, BATCH_FORGET = 20, 25, 26, 36, 38, 42
UNANSWERED = (FORGET, BATCH_FORGET, INTERRUPT)
ASYNC_READ, BIG_WRITES, MAX_PAGES = 1 << 0, 1 << 5, 1 << 22
FOPEN_DIRECT_IO = 1


class VolatileDisk:
    """The disk itself. Its image always holds what was written last; `undo` what a cut can bring back."""

    def __init__(self, image):
        self.descriptor = os.open(image, os.O_RDWR)
        self.size = os.fstat(self.descriptor).st_size
        self.undo = {}
        self.has_power = True
        self.failures_left = 0
        self.failures = 0
        self.marker = b""

    def read(self, offset, byte_count):
        self.need_power()
        return os.pread(self.descriptor, byte_count, offset)

    def write(self, offset, data):
        self.need_power()
        if self.failures_left > 0 and self.marker in data:
            self.failures_left -= 1
            self.failures += 1
            raise OSError(errno.EIO, "told to fail")
        before = os.pread(self.descriptor, len(data), offset)
        for start in range(0, len(data), SECTOR):
            self.undo.setdefault((offset + start) // SECTOR, before[start : start + SECTOR])
        os.pwrite(self.descriptor, data, offset)

    def flush(self):
        self.need_power()
        self.undo.clear()

    def need_power(self):
        if not self.has_power:
            raise OSError(errno.EIO, "no power")

    def fail(self, writes, marker):
        """Lets the next writes that contain the marker fail; returns how many have failed since the last call."""
        failures, self.failures = self.failures, 0
        self.failures_left, self.marker = writes, marker.encode()
        return failures

    def cut(self, testimony, seed, keptShare):
        """Counts what the writer has said, and takes the power away and a part of the cache with it."""
        byte_count = os.stat(testimony).st_size if os.path.exists(testimony) else 0
        self.has_power = False
        chance = random.Random(seed)
        for sector in sorted(self.undo):
            if chance.random() >= keptShare:
                os.pwrite(self.descriptor, self.undo[sector], sector * SECTOR)
        self.undo.clear()
        return byte_count

    def restore(self):
        self.has_power = True


class Fuse:
    """The kernel's side: each request becomes a call of the disk."""

    def __init__(self, disk, path):
        self.disk = disk
        self.device = os.open("/dev/fuse", os.O_RDWR)
        self.buffer = bytearray(MAX_WRITE + 4096)
        times_and_owner = (0, 0, 0, 0, 0, 0, 0o100600, 1, 0, 0, 0, 4096, 0)
        attributes = struct.pack("<6Q10I", 1, disk.size, disk.size // 512, *times_and_owner)
        self.attributes = struct.pack("<QII", 3600, 0, 0) + attributes
        mount_fuse(self.device, path)

    def serve_one(self):
        """Answers one request; False when the disk has been unmounted."""
        try:
            os.readv(self.device, [self.buffer])
        except OSError as error:
            return error.errno in (errno.ENOENT, errno.EINTR)
        operation, unique = HEADER.unpack_from(self.buffer)[1:3]
        if operation in UNANSWERED:
            return True
        try:
            self.reply(unique, 0, self.perform(operation))
        except OSError as error:
            self.reply(unique, -error.errno, b"")
        return True

    def perform(self, operation):
        if operation in (READ, WRITE):
            return self.transfer(operation)
        if operation == FSYNC:
            self.disk.flush()
        elif operation == INIT:
            return self.negotiate()
        elif operation in (GETATTR, SETATTR):
            return self.attributes
        elif operation == OPEN:
            return struct.pack("<QIi", 1, FOPEN_DIRECT_IO, 0)
        elif operation == STATFS:
            return struct.pack("<5Q4I24x", 0, 0, 0, 0, 0, 4096, 255, 4096, 0)
        elif operation not in (FLUSH, RELEASE, DESTROY):
            raise OSError(errno.ENOSYS, "not a disk's business")
        return b""

    def transfer(self, operation):
        _, offset, byte_count, *_ = IO_ARGUMENTS.unpack_from(self.buffer, HEADER.size)
        if operation == READ:
            return self.disk.read(offset, byte_count)
        start = HEADER.size + IO_ARGUMENTS.size
        self.disk.write(offset, bytes(memoryview(self.buffer)[start : start + byte_count]))
        return struct.pack("<II", byte_count, 0)

    def negotiate(self):
        _, _, readahead, flags = struct.unpack_from("<4I", self.buffer, HEADER.size)
        flags &= ASYNC_READ | BIG_WRITES | MAX_PAGES
        sizes = (64, 48, MAX_WRITE, 1, MAX_WRITE // 4096, 0, 0)
        return struct.pack("<4IHHIIHHI28x", 7, 31, readahead, flags, *sizes)

    def reply(self, unique, status, data):
        os.writev(self.device, [struct.pack("<IiQ", 16 + len(data), status, unique), data])


def main():
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    path, image = sys.argv[1:]
    disk = VolatileDisk(image)
    fuse = Fuse(disk, path)
    handlers = {"fail": disk.fail, "cut": disk.cut, "restore": disk.restore, "ready": lambda: True}
    poll = select.poll()
    poll.register(fuse.device, select.POLLIN)
    poll.register(sys.stdin, select.POLLIN)
    while True:
        for descriptor, _ in poll.poll():
            if descriptor == fuse.device:
                if not fuse.serve_one():
                    return
                continue
            line = sys.stdin.buffer.raw.readline()
            if not line:
                detach(path)
                return
            answer(line, handlers)


if __name__ == "__main__":
    main()
