"""System calls that the standard library does not have."""

import ctypes
import fcntl
import os
import struct

_libc = ctypes.CDLL(None, use_errno=True)
_libc.sync_file_range.argtypes = [ctypes.c_int, ctypes.c_int64, ctypes.c_int64, ctypes.c_uint]
_libc.mount.argtypes = [ctypes.c_char_p] * 3 + [ctypes.c_ulong, ctypes.c_char_p]

# linux/fs.h: wait for what is under write-back, start the rest, wait for it.
_WAIT_BEFORE, _WRITE, _WAIT_AFTER = 1, 2, 4
# XFS_IOC_GOINGDOWN and EXT4_IOC_SHUTDOWN: _IOR('X', 125, __u32).
_SHUTDOWN = 0x8004587D
# linux/btrfs.h: BTRFS_IOC_START_SYNC and BTRFS_IOC_WAIT_SYNC.
_BTRFS_START_SYNC = 0x80089418
_BTRFS_WAIT_SYNC = 0x40089416
_MNT_DETACH = 2


def write_back(path, end, waits=True):
    """Writes the first `end` bytes of a file to its device, or begins to, without its size or other metadata."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        flags = _WAIT_BEFORE | _WRITE | _WAIT_AFTER if waits else _WRITE
        _check(_libc.sync_file_range(descriptor, 0, end, flags))
    finally:
        os.close(descriptor)


def shut_down(mount, argument):
    """Stops a file system as a power cut does; 1 lets it write its log first, 2 does not, 0 writes everything."""
    descriptor = os.open(mount, os.O_RDONLY)
    try:
        fcntl.ioctl(descriptor, _SHUTDOWN, struct.pack("I", argument))
    finally:
        os.close(descriptor)


def commit_btrfs(mount):
    """Commits the running transaction, and leaves data alone that nobody has begun to write back."""
    descriptor = os.open(mount, os.O_RDONLY)
    try:
        transaction = fcntl.ioctl(descriptor, _BTRFS_START_SYNC, bytes(8))
        fcntl.ioctl(descriptor, _BTRFS_WAIT_SYNC, transaction)
    finally:
        os.close(descriptor)


def mount_fuse(device, path):
    """Mounts a FUSE file system whose root is a regular file over the regular file at `path`."""
    options = f"fd={device},rootmode=100000,user_id=0,group_id=0"
    _check(_libc.mount(b"datawal-disk", path.encode(), b"fuse", 0, options.encode()))


def detach(path):
    """Unmounts now or when the last user has gone."""
    _check(_libc.umount2(path.encode(), _MNT_DETACH))


def _check(status):
    if status != 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))
