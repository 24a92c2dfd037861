"""Locations as people type them, and names that stay in their store."""

from __future__ import annotations

import pytest

from autogan_core.errors import ConfigError
from autogan_core.storage.uris import checked_folder, checked_name, split_uri, tidy, uri_trouble


@pytest.mark.parametrize(
    ("uri", "place"),
    [
        ("gs://bucket", ("bucket", "")),
        ("gs://bucket/", ("bucket", "")),
        ("  gs://bucket/a/b//\n", ("bucket", "a/b")),
        ("gs://my_bucket.example.org/Photos 1", ("my_bucket.example.org", "Photos 1")),
        ("runs", None),
        ("./gs:x", None),
        ("gs/x", None),
        ("/", None),
        ("/data/runs/", None),
    ],
)
def test_what_is_taken(uri: str, place: tuple[str, str] | None) -> None:
    """Blanks around a location and slashes at its end do no harm."""
    assert split_uri(uri) == place


@pytest.mark.parametrize(
    ("uri", "said"),
    [
        ("gs:/bucket/x", "'gs:/bucket/x' is misspelt; write gs://bucket/x"),
        ("GS://bucket/x", "write gs://bucket/x"),
        ("gs//:bucket/x", "write gs://bucket/x"),
        ("gs//bucket", "write gs://bucket"),
        ("gs:bucket", "write gs://bucket"),
        ("gs;//bucket", "write gs://bucket"),
        ("gcs://bucket/x", "write gs://bucket/x"),
        ("gs:\\\\bucket", "write gs://bucket"),
        ("https://storage.googleapis.com/bucket/x?a=1", "write gs://bucket/x"),
        ("https://console.cloud.google.com/storage/browser/bucket/x;tab=objects", "write gs://bucket/x"),
        ("s3://bucket/x", "'s3://bucket/x' has the scheme s3://, not gs://; give a directory or gs://"),
        ("file:///data", "has the scheme file://"),
        ("", "'' names no place; give a directory or gs://bucket/prefix"),
        ("gs://", "'gs://' names no bucket; write gs://bucket/prefix"),
        ("gs:///x", "names no bucket"),
        ("gs://YOUR-BUCKET/autogan", "still has the placeholder YOUR-BUCKET; write your bucket there"),
        ("gs://Photos/x", "names the bucket 'Photos', but buckets have 3 to 63 of a-z"),
        ("gs://ab", "names the bucket 'ab'"),
        ("gs://-bucket", "names the bucket '-bucket'"),
        ("gs://my bucket/x", "names the bucket 'my bucket'"),
        ("gs://" + "b" * 64, "but buckets have"),
        ("gs://192.168.5.4", "but buckets have"),
        ("gs://a..b", "but buckets have"),
        ("gs://bucket/a/../b", "has a prefix that has a part '.' or '..'; write gs://bucket/a/b"),
        ("gs://bucket/a//b", "has an empty part; write gs://bucket/a/b"),
        ("gs://bucket/a\tb/c", "has control characters; write gs://bucket/c"),
    ],
)
def test_what_is_refused(uri: str, said: str) -> None:
    """One sentence, with the location and the right spelling."""
    with pytest.raises(ConfigError) as caught:
        split_uri(uri)
    assert said in str(caught.value) and "\n" not in str(caught.value)
    assert uri_trouble(uri) is not None


def test_a_tidy_location_stays_what_it_was() -> None:
    """Tidying twice is tidying once, and no place becomes another."""
    for text, expected in ((" gs://b/x/ ", "gs://b/x"), ("/", "/"), ("gs://", "gs://"), ("", ""), ("a/b/", "a/b")):
        assert tidy(text) == expected == tidy(tidy(text))


@pytest.mark.parametrize("name", ["a", "a/b.json", "a b/ü", ".hidden", "a" * 1024])
def test_names_that_are_taken(name: str) -> None:
    """Relative paths of any letters."""
    assert checked_name(name) == name == checked_folder(name)


def test_the_store_itself_is_a_folder_but_no_name() -> None:
    """Only a listing may ask for it."""
    assert checked_folder("") == ""
    with pytest.raises(ConfigError, match="'' cannot be a name in a run store: it is empty; use a relative path"):
        checked_name("")
