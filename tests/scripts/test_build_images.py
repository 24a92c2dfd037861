"""`make images`: what it asks of the engine, seen by a stand-in that writes its arguments down."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SECRET_INDEX = "https://user:password@index.invalid/simple"


@dataclass(frozen=True)
class Checkout:
    """A repository with one commit, and an engine for each name."""

    folder: Path

    def git(self, *arguments: str) -> str:
        """Runs git in it."""
        identity = ["-c", "user.name=A", "-c", "user.email=a@example.invalid"]
        command = ["git", *identity, *arguments]
        return subprocess.run(command, cwd=self.folder, check=True, capture_output=True, text=True).stdout.strip()

    def build(self, *targets: str, engine: str = "buildah", **variables: str) -> subprocess.CompletedProcess[str]:
        """Runs the script with an engine that prints its arguments, one a line, and the files that it is given."""
        program = self.folder.parent / "bin" / engine
        kept = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
        return subprocess.run(
            ["scripts/build_images.sh", *targets],
            cwd=self.folder,
            capture_output=True,
            text=True,
            env={**kept, "ENGINE": str(program), **variables},
        )


ENGINE = """#!/usr/bin/env bash
[ "$1" != buildx ] || [ "$2" != version ] || exit ${NO_BUILDX:-0}
printf '%s\\n' "$@"
while [ $# -gt 0 ]; do
    case $1 in
        --file) cat "$2" ;;
        --secret) sed 's/^/secret: /' "${2##*src=}" ;;
    esac
    shift
done
"""


@pytest.fixture
def checkout(tmp_path: Path) -> Checkout:
    """The script, what it reads, and the stand-ins."""
    made = Checkout(tmp_path / "checkout")
    (made.folder / "scripts").mkdir(parents=True)
    for name in ("scripts/build_images.sh", "pyproject.toml", "requirements-torch.txt", "Dockerfile"):
        shutil.copy(ROOT / name, made.folder / name)
    (tmp_path / "bin").mkdir()
    for name in ("docker", "podman", "buildah", "nerdctl"):
        program = tmp_path / "bin" / name
        program.write_text(ENGINE)
        program.chmod(0o755)
    made.git("init", "--quiet")
    made.git("add", ".")
    made.git("commit", "--quiet", "--message", "all")
    return made


def test_the_tag_changes_with_the_code_and_says_when_it_is_not_committed(checkout: Checkout) -> None:
    """Beside the version stands a tag with the commit; both and the revision say -dirty with uncommitted changes."""
    commit = checkout.git("rev-parse", "HEAD")
    clean = checkout.build("suggestion").stdout.splitlines()
    assert f"localhost/autogan/suggestion:0.1.0-{commit[:12]}" in clean
    assert "localhost/autogan/suggestion:0.1.0" in clean
    assert f"REVISION={commit}" in clean
    (checkout.folder / "new.py").write_text("")
    dirty = checkout.build("suggestion", "runtime").stdout.splitlines()
    assert f"localhost/autogan/runtime:0.1.0-{commit[:12]}-dirty" in dirty
    assert f"REVISION={commit}-dirty" in dirty


@pytest.mark.parametrize("engine", ["buildah", "podman", "docker"])
def test_index_settings_are_mounted_and_not_arguments(checkout: Checkout, tmp_path: Path, engine: str) -> None:
    """Variables of pip's reach the build as a secret file, as do a file, passwords and a certificate that are named."""
    certificate = tmp_path / "ca.pem"
    certificate.write_text("certificate\n")
    done = checkout.build("suggestion", engine=engine, PIP_INDEX_URL=SECRET_INDEX, CA_FILE=str(certificate))
    arguments, secrets = (
        [line for line in done.stdout.splitlines() if line.startswith("secret: ") == wanted] for wanted in (False, True)
    )
    assert secrets == ["secret: [global]", f"secret: index-url = {SECRET_INDEX}", "secret: certificate"]
    assert not [line for line in arguments if "password" in line]
    assert f"id=ca.pem,src={certificate}" in arguments
    config = tmp_path / "my.conf"
    config.write_text("[global]\nno-index = true\n")
    named = checkout.build("suggestion", engine=engine, PIP_CONFIG=str(config), NETRC=str(certificate)).stdout
    assert f"--secret\nid=pip.conf,src={config}\n--secret\nid=netrc,src={certificate}\n" in named


def test_equal_sources_give_equal_dates(checkout: Checkout) -> None:
    """Files are dated by the last change of torch's list, so that a new commit leaves torch's layer alone."""
    epoch = checkout.git("log", "-1", "--format=%ct")
    (checkout.folder / "pyproject.toml").write_text('version = "2.0"\n')
    env = {"GIT_COMMITTER_DATE": "2030-01-01T00:00:00Z"}
    subprocess.run(
        ["git", "-c", "user.name=A", "-c", "user.email=a@example.invalid", "commit", "-qam", "later"],
        cwd=checkout.folder,
        check=True,
        env={**os.environ, **env},
    )
    for engine in ("buildah", "podman"):
        assert f"--timestamp\n{epoch}\n" in checkout.build("suggestion", engine=engine).stdout
    docker = checkout.build("suggestion", engine="docker").stdout
    assert f"SOURCE_DATE_EPOCH={epoch}\n" in docker and "rewrite-timestamp=true" in docker
    assert "CREATED=2030-01-01T00:00:00Z\n" in docker
    assert "localhost/autogan/suggestion:2.0\n" in docker


def test_dockers_old_builder_gets_a_dockerfile_without_mounts(checkout: Checkout) -> None:
    """It knows none, and takes no secrets, which it says instead of leaving them out."""
    plain = checkout.build("suggestion", engine="docker", DOCKER_BUILDKIT="0")
    assert "PIP_CERT=" in plain.stdout and "--mount" not in plain.stdout
    assert "--mount=type=secret,id=pip.conf" in checkout.build("suggestion", engine="docker", NO_BUILDX="1").stdout
    refused = checkout.build("suggestion", engine="docker", DOCKER_BUILDKIT="0", PIP_INDEX_URL=SECRET_INDEX)
    assert refused.returncode == 1 and "takes no secrets" in refused.stderr and "password" not in refused.stderr


def test_platform_base_and_names_can_be_chosen(checkout: Checkout) -> None:
    """They reach the engine as they are."""
    done = checkout.build(
        "runtime",
        PLATFORM="linux/arm64",
        BASE_IMAGE="python@sha256:0",
        IMAGES="registry.test/team",
        BUILD_FLAGS="-q --pull",
    )
    for wanted in ("-q\n--pull\n", "--platform\nlinux/arm64\n", "BASE_IMAGE=python@sha256:0\n", "--target\nruntime\n"):
        assert wanted in done.stdout
    assert re.search(r"^registry\.test/team/runtime:0\.1\.0$", done.stdout, re.MULTILINE)


@pytest.mark.parametrize(
    ("engine", "variables", "message"),
    [
        ("nerdctl", {}, "it must be docker, podman or buildah"),
        ("buildah", {"CA_FILE": "/absent"}, "cannot read '/absent'"),
    ],
)
def test_mistakes_end_in_one_sentence(checkout: Checkout, engine: str, variables: dict[str, str], message: str) -> None:
    """Before anything is built."""
    done = checkout.build("suggestion", engine=engine, **variables)
    assert done.returncode == 1 and message in done.stderr and not done.stdout
