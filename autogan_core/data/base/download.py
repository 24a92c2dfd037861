"""Fetching data sets from their publishers."""

from __future__ import annotations

import logging
import tarfile
from dataclasses import dataclass
from http.client import HTTPException
from pathlib import Path

from autogan_core.errors import DataError

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Archive:
    """A publisher's tar file."""

    url: str
    md5: str
    """The published MD5 in hex; against damage, not against tampering."""


ARCHIVES = {
    "cifar10": Archive(
        "https://www.cs.toronto.edu/~kriz/cifar-10-binary.tar.gz",
        "c32a1d4ab5d03f1284b67883e8d87530",
    ),
    "stl10": Archive(
        "http://ai.stanford.edu/~acoates/stl10/stl10_binary.tar.gz",
        "91f7769df0f17e558f3565bffb0c7dfb",
    ),
}
"""Archives by loader, for data sets that can be fetched."""


def download(name: str, folder: Path) -> Path:
    """Fetches and unpacks a data set, once; an archive that is there already is only checked.

    Args:
        name: a key of `ARCHIVES`.
        folder: where to; the data set gets a folder of its own in it.

    Returns:
        The data set's folder, for ``data.path``.

    Raises:
        DataError: the publisher cannot be reached, or the archive is damaged.
    """
    from torchvision.datasets.utils import download_url  # takes a second or two to import, and few processes fetch

    archive, target = ARCHIVES[name], folder / name
    target.mkdir(parents=True, exist_ok=True)
    logger.info("fetching %s", archive.url)
    try:
        download_url(archive.url, str(target), "archive.tar", archive.md5)
        with tarfile.open(target / "archive.tar") as tar:
            tar.extractall(target, filter="data")
    except (OSError, RuntimeError, HTTPException, tarfile.TarError) as error:
        raise DataError(
            f"{archive.url} cannot be fetched ({type(error).__name__}: {error}); allow this machine to reach it, or "
            "fetch it elsewhere, unpack it and name its folder with data.path"
        ) from error
    return target
