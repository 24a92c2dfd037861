"""Makes SIGTERM end a container's first process from here on: import it before anything that takes time.

The kernel drops a signal that process 1 has no handler for, and the imports of a program take seconds, so that a pod
deleted in the meantime would live on until it is killed. What the program handles itself replaces this.
"""

from __future__ import annotations

import os
import signal

STATUS = 128 + signal.SIGTERM
"""What a shell reports of a process that SIGTERM ended (143)."""

if os.getpid() == 1:
    signal.signal(signal.SIGTERM, lambda *_: os._exit(STATUS))
