"""Sets the limit of file sizes of another process, which is what a quota or a full disk looks like to it (EFBIG)."""

import resource
import signal

from answers import serve


def limit(pid, byteCount):
    """Lets no file of the process grow beyond so many bytes; None lifts the limit."""
    _, hard = resource.prlimit(pid, resource.RLIMIT_FSIZE)
    soft = hard if byteCount is None else byteCount
    resource.prlimit(pid, resource.RLIMIT_FSIZE, (soft, hard))


if __name__ == "__main__":
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    serve({"limit": limit})
