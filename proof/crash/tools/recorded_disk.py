"""A disk in a file, by FUSE, that remembers every write and every flush, to build what a power cut may leave of them.

Usage: recorded_disk.py PATH IMAGE SUPERBLOCK: the file at PATH shows IMAGE. An epoch is what is written between two
flushes. A power cut at the end of an epoch leaves all of the earlier ones, and of this one any 512-byte sectors, whatever
became of the others: what a disk may do that tells no lies. Only the superblock, at that offset, is written whole or not at
all: ext4 and Btrfs take that for granted, and mount nothing where it is torn. Requests on standard input, see answers.py.
"""

import hashlib
import os
import random
import sys

from fuse_disk import serve_disk
from power_switch import copy_sparse

SECTOR = 512
SUPERBLOCK_WRITE_MAX = 4096


class RecordedDisk:
    """The disk itself. Its image holds what was written last, `durable` what lies before the epoch built last."""

    def __init__(self, image, superblock):
        self.superblock = superblock
        self.descriptor = os.open(image, os.O_RDWR)
        self.size = os.fstat(self.descriptor).st_size
        self.epochs = [[]]
        self.durable = image + ".durable"
        copy_sparse(image, self.durable)
        self.durable_epochs = 0

    def read(self, offset, byte_count):
        return os.pread(self.descriptor, byte_count, offset)

    def write(self, offset, data):
        self.epochs[-1].append((offset, data))
        os.pwrite(self.descriptor, data, offset)

    def flush(self):
        self.epochs.append([])

    def now(self):
        """The number of the epoch under way."""
        return len(self.epochs) - 1

    def sectors(self):
        """How many pieces each epoch wrote."""
        return [sum(len(self.pieces_of(*write)) for write in epoch) for epoch in self.epochs]

    def build(self, epoch, loss, seed, target):
        """Builds one of the images that a cut at the end of an epoch may leave; epochs must not go down.

        Returns a name of what of the epoch was kept: the same for the same bytes in the same places.
        """
        self.make_durable(epoch)
        writes = [self.pieces_of(*write) for write in self.epochs[epoch]]
        name = hashlib.sha256()
        copy_sparse(self.durable, target)
        with open(target, "r+b") as file:
            for offset, data in (piece for write in LOSSES[loss](random.Random(seed), writes) for piece in write):
                os.pwrite(file.fileno(), data, offset)
                name.update(b"%d %s" % (offset, data))
        return name.hexdigest()[:12]

    def pieces_of(self, offset, data):
        """What of one write survives or not, each by itself: offset and bytes."""
        if offset <= self.superblock < offset + len(data) <= offset + SUPERBLOCK_WRITE_MAX:
            return [(offset, data)]
        return [(offset + start, data[start : start + SECTOR]) for start in range(0, len(data), SECTOR)]

    def make_durable(self, epoch):
        if epoch < self.durable_epochs:
            raise OSError(f"epoch {epoch} was asked for behind {self.durable_epochs}")
        with open(self.durable, "r+b") as file:
            for offset, data in (write for each in self.epochs[self.durable_epochs : epoch] for write in each):
                os.pwrite(file.fileno(), data, offset)
        self.durable_epochs = epoch


def keep_sectors(chance, writes):
    share = chance.choice([0.1, 0.5, 0.9])
    return [[piece for piece in write if chance.random() < share] for write in writes]


def keep_writes(chance, writes):
    """Each write whole, or nothing of it."""
    share = chance.choice([0.2, 0.5, 0.8])
    return [write for write in writes if chance.random() < share]


def lose_one(chance, writes):
    pieces = [piece for write in writes for piece in write]
    del pieces[chance.randrange(len(pieces))]
    return [pieces]


def lose_later(chance, writes):
    pieces = [piece for write in writes for piece in write]
    return [pieces[: chance.randrange(len(pieces) + 1)]]


# What survives of an epoch's writes, each a list of its pieces.
LOSSES = {
    "all": lambda chance, writes: [],
    "sectors": keep_sectors,
    "writes": keep_writes,
    "one": lose_one,
    "later": lose_later,
}

if __name__ == "__main__":
    disk = RecordedDisk(sys.argv[2], int(sys.argv[3]))
    serve_disk(
        disk,
        sys.argv[1],
        {"now": disk.now, "sectors": disk.sectors, "build": disk.build, "ready": lambda: True},
    )
