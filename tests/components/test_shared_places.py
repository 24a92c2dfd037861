"""Stores and data sets that pods can reach."""

from __future__ import annotations

import pytest

from autogan_core.errors import ConfigError
from autogan_kubeflow.components.shared_places import check_shared_data, check_shared_store


def test_buckets_are_taken() -> None:
    """Tidied; a store may be a whole bucket, a data set may not."""
    assert check_shared_store(" gs://bucket/ ", "x") == "gs://bucket"
    assert check_shared_data("gs://bucket/photos/\n", "x") == "gs://bucket/photos"
    with pytest.raises(ConfigError, match="data_set is 'gs://bucket', a whole bucket; name a file or a folder in it"):
        check_shared_data("gs://bucket", "data_set")


@pytest.mark.parametrize("place", ["runs", "/data", "../photos", "~/photos", "photos.npz"])
def test_places_of_this_machine_are_refused(place: str) -> None:
    """Relative and absolute ones."""
    with pytest.raises(ConfigError, match=f"^run_store_uri is '{place}', which is a folder, and pods share none; "):
        check_shared_store(place, "run_store_uri")
    with pytest.raises(ConfigError, match=f"^data_set is '{place}', which is on this machine, and no pod can read it"):
        check_shared_data(place, "data_set")


@pytest.mark.parametrize("place", ["gs:/b/x", "s3://b/x", "gs://", "gs://YOUR-BUCKET", "https://host/photos", "gs://B"])
def test_what_is_no_bucket_is_refused(place: str) -> None:
    """With what to write, and no talk of directories, which would not do either."""
    for check in (check_shared_store, check_shared_data):
        with pytest.raises(ConfigError, match=f"^field is '{place}', which .*gs://") as caught:
            check(place, "field")
        assert "directory" not in str(caught.value)
