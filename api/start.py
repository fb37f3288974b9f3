"""The first moment of the installed command: Ctrl-C while it imports is one line, not a traceback.

Nothing but what Python has loaded anyway is imported here before the handler stands.
"""

import os
import signal
from types import FrameType


def main() -> None:
    """`knockon`: as `command.main`, from its first moment on."""
    # numpy starts threads to multiply large matrices of floats, of which there are none here: that
    # took a tenth of what a what-if on a million dependencies takes
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    own = signal.getsignal(signal.SIGINT) is signal.default_int_handler  # else nohup, or a parent's
    if own:
        signal.signal(signal.SIGINT, stop)
    from knockon.api.command import main as run

    if own:
        signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        run()
    finally:
        if own:
            signal.signal(signal.SIGINT, stop)


def stop(number: int, frame: FrameType | None) -> None:
    """End at once, for there is nothing to clean up."""
    os.write(2, b"knockon: stopped\n")
    os._exit(130)
