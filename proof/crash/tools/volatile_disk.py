"""A disk in a file, by FUSE: it has a write cache that a power cut loses in part, and fails on demand.

Usage: volatile_disk.py PATH IMAGE: the file at PATH shows IMAGE. Until the kernel flushes, each 512-byte sector
written may survive a power cut or not, whatever became of the others: what a disk may do that tells no lies.
Requests on standard input, see answers.py.
"""

import errno
import os
import random
import sys

from fuse_disk import serve_disk

SECTOR = 512


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


if __name__ == "__main__":
    disk = VolatileDisk(sys.argv[2])
    serve_disk(
        disk,
        sys.argv[1],
        {"fail": disk.fail, "cut": disk.cut, "restore": disk.restore, "ready": lambda: True},
    )
