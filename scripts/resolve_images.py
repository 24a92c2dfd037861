"""Resolves each list of packages as the Dockerfile installs it, on both platforms, and downloads none of them: for CI.

``python scripts/resolve_images.py`` says from which list no image can be built. It takes uv, and pip's index settings.
"""

from __future__ import annotations

import ast
import importlib.util
import os
import re
import shlex
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

PYTHON = "3.11"
PLATFORMS = ("x86_64-manylinux_2_36", "aarch64-manylinux_2_36")
"""Of the base image, Debian bookworm."""
NOT_OF_UV = {"--no-cache-dir", "--no-compile", "--use-pep517"}
"""Options of pip's that change how packages are written, not which they are."""
VARIABLES = {
    "index-url": "UV_DEFAULT_INDEX",
    "extra-index-url": "UV_INDEX",
    "find-links": "UV_FIND_LINKS",
    "cert": "SSL_CERT_FILE",
    "trusted-host": "UV_INSECURE_HOST",
}
"""uv's variables for pip's settings."""
_HASH = re.compile(r"sha256:[0-9a-f]{64}")


def installs(dockerfile: str) -> list[list[str]]:
    """The options of each ``pip install`` in a Dockerfile's text."""
    commands = re.findall(r"pip --python \S+ install ([^&;]+)", re.sub(r"\\\n", " ", dockerfile))
    return [[word for word in shlex.split(command) if word not in NOT_OF_UV] for command in commands]


def index_settings() -> dict[str, str]:
    """Reads pip's index settings, from its files and variables, as uv's variables."""
    command = [sys.executable, "-m", "pip", "config", "list"]
    listed = subprocess.run(command, capture_output=True, text=True, check=True).stdout.splitlines()
    found = {}
    for line in reversed(listed):  # variables (":env:.cert") are listed first and override files ("global.cert")
        place, _, value = line.partition("=")
        if variable := VARIABLES.get(place.rpartition(".")[2]):
            found[variable] = " ".join(ast.literal_eval(value).split())
    return found


def uv(*arguments: str, given: str = "", folder: Path | None = None) -> subprocess.CompletedProcess[str]:
    """Runs uv in a folder with pip's index settings and rules."""
    environment = {**os.environ, **index_settings(), "UV_INDEX_STRATEGY": "unsafe-best-match"}
    command = [sys.executable, "-m", "uv", "pip", *arguments, "--quiet"]
    return subprocess.run(command, input=given, capture_output=True, text=True, env=environment, cwd=folder)


def problems(folder: Path) -> Iterator[str]:
    """Says what the Dockerfile in a folder could not install: a message for each list and platform."""
    for options in installs((folder / "Dockerfile").read_text()):
        for platform in PLATFORMS:
            with tempfile.TemporaryDirectory() as nowhere:
                where = ["--target", nowhere, "--python-version", PYTHON, "--python-platform", platform]
                done = uv("install", "--dry-run", *where, *options, folder=folder)
            if done.returncode:
                yield f"pip install {shlex.join(options)} (on {platform}):\n{done.stderr}"
        if strangers := strange_hashes(folder, options[-1]):
            yield f"{options[-1]} has hashes that the index does not: {', '.join(sorted(strangers))}"


def strange_hashes(folder: Path, requirements: str) -> set[str]:
    """Hashes in a list of no file that the index has; resolving alone does not compare them."""
    offered = uv("compile", "--no-deps", "--universal", "--generate-hashes", requirements, folder=folder).stdout
    return set(_HASH.findall((folder / requirements).read_text())) - set(_HASH.findall(offered))


def main() -> None:
    """Resolves the lists beside this folder.

    Raises:
        SystemExit: with status 1 and what cannot be resolved.
    """
    if importlib.util.find_spec("uv") is None:
        sys.exit(f"uv is missing in {sys.prefix}; install it, as requirements.txt does")
    probe = uv("compile", "--no-deps", "-", given="setuptools")
    if probe.returncode:
        print(f"The images' packages are not resolved, since no package index answers here:\n{probe.stderr}")
    elif found := list(problems(Path(__file__).parents[1])):
        sys.exit("\n".join(["The images cannot be built:", *found]))
    else:
        print("The images' packages can all be installed as the Dockerfile does it.")


if __name__ == "__main__":
    main()
