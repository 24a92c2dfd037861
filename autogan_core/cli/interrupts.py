"""Makes Ctrl-C and SIGTERM end the program quietly from here on: import it before anything that takes time.

Before a command's work begins, and while modules are imported, nothing is there that wants to be ended well, and an
interruption in the middle comes out as any error: then the process ends at once. In the work it is a
`KeyboardInterrupt`, and a second one ends at once.
"""

from __future__ import annotations

import os
import signal
import threading
from contextlib import suppress
from types import FrameType
from typing import NoReturn

STATUS = 130
"""What a shell reports of a program that Ctrl-C ended."""
_SHOW_CURSOR = "\x1b[?25h"
_raises = False
"""Whether the next one is raised; if not, it ends the process at once."""
_parting = ""


def catch(*signals: signal.Signals, parting: str = "") -> None:
    """Handles these signals from here on. A background job stays deaf to Ctrl-C, as its shell has made it.

    Args:
        signals: SIGINT, SIGTERM.
        parting: what to write on standard error when the process ends at once.
    """
    global _parting
    _parting = parting
    end_at_once()
    if threading.current_thread() is not threading.main_thread():
        return
    for number in signals:
        if signal.getsignal(number) is not signal.SIG_IGN:
            signal.signal(number, _handle)


def raise_the_next() -> None:
    """Makes the next interruption a `KeyboardInterrupt`: work begins that wants to be ended well."""
    global _raises
    _raises = True


def end_at_once() -> None:
    """Makes the next interruption end the process at once: nothing is there that wants to be ended well."""
    global _raises
    _raises = False


def leave() -> NoReturn:
    """Ends the process at once, whatever it is doing."""
    with suppress(OSError):
        if os.isatty(1):
            os.write(1, _SHOW_CURSOR.encode())  # a progress bar may have hidden it
        os.write(2, _parting.encode(errors="backslashreplace"))
    os._exit(STATUS)


def _handle(_signal: int, frame: FrameType | None) -> None:
    if not _raises or _importing(frame):
        leave()
    end_at_once()
    raise KeyboardInterrupt


def _importing(frame: FrameType | None) -> bool:
    while frame is not None:
        if frame.f_code.co_filename == "<frozen importlib._bootstrap>":
            return True
        frame = frame.f_back
    return False


if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
    catch(signal.SIGINT)
