"""A run store in a bucket of Google Cloud Storage.

Credentials are Google's default ones (workload identity, or a key file that GOOGLE_APPLICATION_CREDENTIALS names), and
none where STORAGE_EMULATOR_HOST names a stand-in. Where the requester pays, AUTOGAN_USER_PROJECT names the project that
does. The client library is imported at the first request, so a run in a directory never pays for it.
"""

from __future__ import annotations

import io
import os
from collections.abc import Callable
from functools import cached_property
from pathlib import Path
from typing import Any, BinaryIO, TypeVar

from autogan_core.errors import ConflictError, StorageAccessError, StorageUnavailableError
from autogan_core.storage.directory import conflict
from autogan_core.storage.files import atomic_writer
from autogan_core.storage.read_cache import ReadCache
from autogan_core.storage.uris import checked_folder, checked_name

DEADLINE_SECONDS = 300.0
"""A request is repeated for so long before the storage counts as unavailable."""
REQUEST_SECONDS = 60.0
"""An answer may take so long before the request is repeated."""
CACHE_BYTES = 16 << 30
"""The read cache grows up to here."""
CHUNK_BYTES = 16 << 20
"""Held in memory of a file on its way up."""
UPLOAD_SESSIONS = 5
USER_PROJECT = "AUTOGAN_USER_PROJECT"
"""Names the project that pays for requests to a requester-pays bucket; the account needs the right to use it."""

_Result = TypeVar("_Result")


class GCSStore:
    """A run store in ``gs://bucket/prefix``. A token is the object's generation.

    Requests are repeated with exponential backoff on 429, 5xx and broken connections, and the log says so. Repeating a
    write is safe: names that may be written twice are written with the same content, or under a condition on the
    generation. The role "Storage Object User" on the bucket is enough.
    """

    def __init__(
        self,
        bucket: str,
        prefix: str,
        cache: Path,
        *,
        deadline_seconds: float = DEADLINE_SECONDS,
        cache_bytes: int = CACHE_BYTES,
    ) -> None:
        """Names a bucket and a prefix; nothing is sent yet.

        Args:
            bucket: its name.
            prefix: begins every object's name, followed by ``/``; "" for none.
            cache: folder of the read cache; processes and stores may share it.
            deadline_seconds: how long a request is repeated.
            cache_bytes: size that the read cache is kept to.
        """
        self._bucket_name, self._prefix = bucket, f"{prefix}/" if prefix else ""
        self._cache = ReadCache(cache, cache_bytes)
        self._deadline_seconds = deadline_seconds

    def location(self, name: str) -> str:
        """See `RunStore.location`."""
        return f"gs://{self._bucket_name}/{self._prefix}{name}"

    def read(self, name: str) -> bytes:
        """See `RunStore.read`."""
        return self._download(name)[0]

    def write(self, name: str, content: bytes) -> None:
        """See `RunStore.write`."""
        self._to_bucket(lambda options: self._blob(name).upload_from_string(content, checksum="auto", **options))

    def exists(self, name: str) -> bool:
        """See `RunStore.exists`."""
        found = self._request(lambda options: bool(self._blob(name).exists(**options)))
        if not found:
            self._require_bucket()
        return found

    def folders(self, parent: str) -> list[str]:
        """See `RunStore.folders`."""
        return self._list(parent)[0]

    def names(self, folder: str) -> list[str]:
        """See `RunStore.names`."""
        return self._list(folder)[1]

    def delete_folder(self, folder: str) -> None:
        """See `RunStore.delete_folder`."""
        prefix = f"{self._prefix}{checked_name(folder)}/"
        for blob in self._to_bucket(lambda options: list(self._bucket.list_blobs(prefix=prefix, **options))):
            self._delete(blob)

    def read_current(self, name: str) -> tuple[bytes, str] | None:
        """See `RunStore.read_current`."""
        try:
            return self._download(name)
        except FileNotFoundError:
            return None

    def replace(self, name: str, content: bytes, token: str | None) -> str:
        """See `RunStore.replace`."""
        generation = 0 if token is None else int(token)

        def write(options: dict[str, Any]) -> str:
            blob = self._blob(name)
            blob.upload_from_string(content, checksum="auto", if_generation_match=generation, **options)
            return str(blob.generation)

        try:
            return self._to_bucket(write)
        except ConflictError:
            # A repeated write meets its own first attempt, whose answer was lost.
            current = self.read_current(name)
            if current is None or current[0] != content:
                raise ConflictError(conflict(self.location(name))) from None
            return current[1]

    def upload(self, path: Path, name: str) -> None:
        """See `RunStore.upload`."""
        for _ in range(UPLOAD_SESSIONS):
            try:
                self._request(
                    lambda options: self._blob(name, CHUNK_BYTES).upload_from_filename(path, checksum="auto", **options)
                )
                return
            except FileNotFoundError:
                self._require_bucket()  # it is the upload's session that the storage has lost: start another
        raise StorageUnavailableError(
            f"{self.location(name)} cannot be uploaded: the storage keeps losing it; try later"
        )

    def download(self, name: str, path: Path) -> None:
        """See `RunStore.download`."""
        with atomic_writer(path) as file:
            self._read_into(file, name)

    def fetch(self, name: str, sha256: str) -> Path:
        """See `RunStore.fetch`; the file lies in the read cache."""
        return self._cache.get(sha256) or self._cache.add(
            sha256, lambda file: self._read_into(file, name), self.location(name)
        )

    def _read_into(self, file: BinaryIO, name: str) -> str:
        """Downloads into an empty file; returns the object's token."""

        def download(options: dict[str, Any]) -> str:
            blob = self._blob(name)
            blob.download_to_file(file, checksum="auto", **options)
            return str(blob.generation)

        try:
            return self._request(download, self.location(name))
        except FileNotFoundError:
            self._require_bucket()
            raise

    def _download(self, name: str) -> tuple[bytes, str]:
        buffer = io.BytesIO()
        token = self._read_into(buffer, name)
        return buffer.getvalue(), token

    def _delete(self, blob: Any) -> None:
        try:
            self._request(lambda options: blob.delete(**options))
        except FileNotFoundError:
            return  # by another process, or by a first attempt whose answer was lost

    def _list(self, folder: str) -> tuple[list[str], list[str]]:
        prefix = self._prefix + (f"{checked_folder(folder)}/" if folder else "")

        def listing(options: dict[str, Any]) -> tuple[list[str], list[str]]:
            blobs = self._bucket.list_blobs(prefix=prefix, delimiter="/", **options)
            names = [blob.name.removeprefix(prefix) for blob in blobs]
            folders = [name.removeprefix(prefix).rstrip("/") for name in blobs.prefixes]
            return sorted(folders), sorted(filter(None, names))

        return self._to_bucket(listing)

    def _blob(self, name: str, chunk_size: int | None = None) -> Any:
        return self._bucket.blob(f"{self._prefix}{checked_name(name)}", chunk_size=chunk_size)

    @cached_property
    def _bucket(self) -> Any:
        # It would ask for the bucket's metadata in a thread of its own, for traces that nobody reads and with a right
        # that nobody needs; where the answer is a refusal or none, that thread goes on for minutes.
        os.environ.setdefault("DISABLE_GCS_PYTHON_CLIENT_OTEL_BUCKET_METADATA", "true")
        from google.cloud import storage  # type: ignore[import-untyped]

        # Not GOOGLE_CLOUD_PROJECT, which may be set for other reasons: naming a project asks for a right to use it.
        payer = os.environ.get(USER_PROJECT) or None
        return storage.Client(project=None).bucket(self._bucket_name, user_project=payer)

    @cached_property
    def _options(self) -> dict[str, Any]:
        from autogan_core.storage.gcs_retry import ReportedRetry

        return {"retry": ReportedRetry(self._bucket_name, self._deadline_seconds), "timeout": REQUEST_SECONDS}

    def _require_bucket(self) -> None:
        """Tells a missing object from a missing bucket, by a listing: only that needs no right to read buckets.

        Raises:
            StorageAccessError: there is no such bucket.
        """
        self._to_bucket(lambda options: list(self._bucket.list_blobs(max_results=1, **options)))

    def _to_bucket(self, request: Callable[[dict[str, Any]], _Result]) -> _Result:
        """A request that nothing but a missing bucket answers by "not found"."""
        try:
            return self._request(request)
        except FileNotFoundError as error:
            raise StorageAccessError(
                f"there is no bucket '{self._bucket_name}'; create it, or name another by gs://BUCKET/PREFIX"
            ) from error

    def _request(self, request: Callable[[dict[str, Any]], _Result], location: str = "") -> _Result:
        from autogan_core.storage.gcs_errors import RAISED, translated

        try:
            return request(self._options)
        except RAISED as error:
            raise translated(error, self._bucket_name, location or self.location("")) from error
