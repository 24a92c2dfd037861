"""Errors of the machine in sentences: full disks, files that cannot be used, too little memory, narrow consoles."""

from __future__ import annotations

import errno
import os
import re
import tempfile
from pathlib import Path

from autogan_core.errors import ConfigError
from autogan_core.runtime.cache_folder import cache_folder

SPACE = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
"""A disk, a quota or a limit that is used up."""
_WRITABLE = "choose a folder that can be written, or mount one there"
_REMEDIES = {
    **dict.fromkeys(SPACE, "free some space there, or choose another disk, and run the same command again"),
    **dict.fromkeys((errno.EACCES, errno.EPERM, errno.EROFS), _WRITABLE),
    errno.ENOTDIR: "a part of the path is no folder; choose another path",
    errno.EISDIR: "there is a folder of this name; choose another, or a file in it",
    errno.EEXIST: "there is a file of this name; choose another",
    errno.ENOTEMPTY: "there is a folder of this name; choose another",
    errno.ENAMETOOLONG: "choose a shorter one",
    errno.ELOOP: "its links lead in a circle; choose another path",
    errno.ENOENT: "name one that exists",
    **dict.fromkeys((errno.EMFILE, errno.ENFILE), "allow more open files at a time, such as by 'ulimit -n 4096'"),
}
_DRAFT = re.compile(r"^\.(.+)\.[0-9a-f]{32}$")
"""The name of a file while `write_atomically` writes it."""
_FULL = "No space left on device"
_MEMORY = ("out of memory", "not enough memory", "can't allocate memory", "Cannot allocate memory")
_LESS_MEMORY = (
    "lower scores.batch_size, which may change in a run, or for a new run the batches of training, the channels of "
    "search and retrain, or data.max_images"
)


def machine_error(error: BaseException) -> str | None:
    """What a person can do about an error that the machine has raised.

    Args:
        error: any.

    Returns:
        One sentence: what is wrong, where, and what to do; None for an error that is not the machine's.
    """
    if isinstance(error, OSError):
        return _os_error(error)
    text = str(error)
    if isinstance(error, UnicodeEncodeError):
        return (
            f"'{ascii(error.object)[1:-1]}' cannot be written in {error.encoding}, which is what this console or file "
            "system takes; set PYTHONUTF8=1"
        )
    if isinstance(error, UnicodeDecodeError):
        return f"a file that is read as text is none: byte {error.start + 1} is not {error.encoding}; name a text file"
    if isinstance(error, MemoryError) or (isinstance(error, RuntimeError) and any(word in text for word in _MEMORY)):
        where = "the GPU's memory" if "CUDA" in text else "the memory"
        return f"{where} is used up; {_LESS_MEMORY}"
    if isinstance(error, KeyError) and "uid not found" in text:
        return f"the user id {os.getuid()} has no name on this machine; set USER, LOGNAME and HOME"
    if _FULL in text:  # such as safetensors', which are no OSErrors
        return f"{_FULL}; {_REMEDIES[errno.ENOSPC]}"
    return machine_error(error.__cause__) if error.__cause__ is not None else None


def _os_error(error: OSError) -> str | None:
    if error.errno is None:  # such as urllib's
        return None
    reason = error.strerror or os.strerror(error.errno)
    name = error.filename2 if isinstance(error.filename2, str | bytes) else error.filename  # what it was to become
    if not isinstance(name, str | bytes):
        if isinstance(error, FileNotFoundError) and "temporary directory" in reason:
            return f"{reason}; set TMPDIR to a folder that can be written"
        remedy = _REMEDIES.get(error.errno, "")
        return f"{reason}; {remedy.replace(' there,', ',')}" if remedy else reason
    path = Path(os.fsdecode(name)).absolute()
    path = path.with_name(_DRAFT.sub(r"\1", path.name))
    return f"cannot use '{path}': {reason}; {_setting(path) or _REMEDIES.get(error.errno, 'choose another')}"


def _setting(path: Path) -> str | None:
    """The variable that moves what lies at this path, if it is no option's."""
    try:
        cache = cache_folder()
    except ConfigError:
        cache = None
    if cache is not None and path.is_relative_to(cache.absolute()):
        return "set AUTOGAN_CACHE to a folder that can be written, with enough space"
    if tempfile.tempdir is not None and path.is_relative_to(tempfile.tempdir) and path.name.startswith("autogan-"):
        return "set TMPDIR to a folder that can be written, with enough space"
    return None
