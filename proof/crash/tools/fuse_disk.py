"""A disk in a file, by FUSE: speaks the kernel's protocol (linux/fuse.h, version 7.31) itself.

Each request becomes a call of a disk: `read(offset, byte_count)`, `write(offset, data)`, `flush()`, `size`; an OSError is
the kernel's answer. Nothing is cached in between: a write reaches the disk when it is made.
"""

import errno
import os
import select
import signal
import struct
import sys

from answers import answer
from kernel import detach, mount_fuse

MAX_WRITE = 1 << 20
HEADER = struct.Struct("<IIQQIIIHH")
IO_ARGUMENTS = struct.Struct("<QQIIQII")

FORGET, SETATTR, GETATTR, OPEN, READ, WRITE, STATFS, RELEASE = 2, 4, 3, 14, 15, 16, 17, 18
FSYNC, FLUSH, INIT, INTERRUPT, DESTROY, BATCH_FORGET = 20, 25, 26, 36, 38, 42
UNANSWERED = (FORGET, BATCH_FORGET, INTERRUPT)
ASYNC_READ, BIG_WRITES, MAX_PAGES = 1 << 0, 1 << 5, 1 << 22
FOPEN_DIRECT_IO = 1


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


def serve_disk(disk, path, handlers):
    """Shows the disk as the file at `path`, and answers requests on standard input, until there are no more."""
    # An interrupt is the laboratory's to handle: it goes on asking while it cleans up.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    fuse = Fuse(disk, path)
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
