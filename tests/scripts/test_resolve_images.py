"""CI's look at the images' packages finds what pip in the Dockerfile could not install."""

from __future__ import annotations

import hashlib
import importlib.util
import io
import os
import shutil
import subprocess
import sys
import tarfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SCRIPT = ROOT / "scripts" / "resolve_images.py"


def source_archive(name: str) -> bytes:
    """A package that is published as source only, as kfp-server-api is."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as archive:
        for path, text in {
            "PKG-INFO": f"Metadata-Version: 2.2\nName: {name}\nVersion: 1.0\n",
            "setup.py": f"from setuptools import setup\nsetup(name={name!r}, version='1.0')\n",
        }.items():
            entry = tarfile.TarInfo(f"{name}-1.0/{path}")
            entry.size = len(text)
            archive.addfile(entry, io.BytesIO(text.encode()))
    return buffer.getvalue()


def resolve(folder: Path, options: str, sha256: str) -> subprocess.CompletedProcess[str]:
    """Runs the script beside a Dockerfile of one install, with a folder for an index."""
    (folder / "scripts").mkdir(exist_ok=True)
    shutil.copy(SCRIPT, folder / "scripts")
    (folder / "list.txt").write_text(f"thing==1.0 \\\n    --hash=sha256:{sha256}\n")
    (folder / "Dockerfile").write_text(
        "FROM x AS y\nRUN python -m pip --python /opt/venv install --no-deps --no-compile --require-hashes \\\n"
        f"        {options} --requirement list.txt \\\n    && true\n"
    )
    others = {name: value for name, value in os.environ.items() if not name.startswith(("PIP_", "UV_"))}
    settings = {"PIP_INDEX_URL": (folder / "index").as_uri(), "PIP_CONFIG_FILE": os.devnull}
    command = [sys.executable, str(folder / "scripts" / SCRIPT.name)]
    return subprocess.run(command, capture_output=True, text=True, env={**others, **settings})


@pytest.fixture
def index(tmp_path: Path) -> str:
    """A folder laid out as a package index. Returns the hash of its package `thing`."""
    if importlib.util.find_spec("uv") is None:
        pytest.skip("uv is not installed")
    for name in ("setuptools", "thing"):
        folder = tmp_path / "index" / name
        folder.mkdir(parents=True)
        content = source_archive(name)
        (folder / f"{name}-1.0.tar.gz").write_bytes(content)
        sha256 = hashlib.sha256(content).hexdigest()
        (folder / "index.html").write_text(f'<a href="{name}-1.0.tar.gz#sha256={sha256}">{name}-1.0.tar.gz</a>')
    return sha256


def test_a_package_without_a_wheel_needs_an_exception(tmp_path: Path, index: str) -> None:
    """What `--only-binary :all:` alone cannot install fails, and passes once the package may be made from source."""
    refused = resolve(tmp_path, "--only-binary :all:", index)
    assert refused.returncode == 1 and "thing==1.0 has no usable wheels" in refused.stderr
    assert "--only-binary :all: --requirement list.txt (on aarch64" in refused.stderr
    mended = resolve(tmp_path, "--only-binary :all: --no-binary thing --no-build-isolation", index)
    assert mended.returncode == 0, mended.stderr
    assert "can all be installed" in mended.stdout


def test_a_file_with_another_hash_is_refused(tmp_path: Path, index: str) -> None:
    """As pip would refuse it."""
    assert index != "0" * 64
    done = resolve(tmp_path, "--only-binary :all: --no-binary thing --no-build-isolation", "0" * 64)
    assert done.returncode == 1
    assert f"list.txt has hashes that the index does not: sha256:{'0' * 64}" in done.stderr


def test_without_an_index_it_says_so_and_stops_nobody(tmp_path: Path, index: str) -> None:
    """A check that cannot be made on a machine without a network does not fail there."""
    shutil.rmtree(tmp_path / "index")
    done = resolve(tmp_path, "--only-binary :all:", index)
    assert done.returncode == 0 and "not resolved, since no package index answers here" in done.stdout


def test_it_reads_every_install_of_the_dockerfile() -> None:
    """One for each list, with torch's twice: for GPUs, and where there are no builds for CPUs."""
    spec = importlib.util.spec_from_file_location("resolve_images", SCRIPT)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    lists = [options[-1] for options in module.installs((ROOT / "Dockerfile").read_text())]
    expected = ["suggestion", "build", "runtime", "torch-cpu", "torch", "torch"]
    assert lists == [f"requirements-{name}.txt" for name in expected]
