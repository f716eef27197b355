"""Another program at the files of a store: it writes back, syncs, or evicts, and tells what the kernel said."""

import errno
import os
import signal

from answers import serve
from kernel import write_back


def told(act):
    """`act` on the newest segment; returns the name of the error, or "ok"."""

    def on_newest_segment(store):
        path = os.path.join(store, max(name for name in os.listdir(store) if name.endswith(".dwal")))
        try:
            act(path)
            return "ok"
        except OSError as error:
            return errno.errorcode[error.errno]

    return on_newest_segment


def with_descriptor(act):
    def on_path(path):
        descriptor = os.open(path, os.O_RDWR)
        try:
            act(descriptor)
        finally:
            os.close(descriptor)

    return on_path


if __name__ == "__main__":
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    serve(
        {
            "write-back": told(lambda path: write_back(path, os.stat(path).st_size)),
            "fsync": told(with_descriptor(os.fsync)),
            "evict": told(with_descriptor(lambda descriptor: os.posix_fadvise(descriptor, 0, 0, os.POSIX_FADV_DONTNEED))),
        }
    )
