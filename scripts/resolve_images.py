"""Resolves every list of packages as the Dockerfile installs it, without downloading them: for CI, in a second or two.

``python scripts/resolve_images.py`` says which list no image can be built from. Needs uv; the package index is pip's.
"""

from __future__ import annotations

import ast
import os
import re
import shlex
import subprocess
import sys
import tempfile
from pathlib import Path

PYTHON = "3.11"
PLATFORMS = ("x86_64-manylinux_2_36", "aarch64-manylinux_2_36")
"""Of the base image, Debian bookworm."""
NOT_OF_UV = {"--no-cache-dir", "--no-compile", "--use-pep517"}
"""Options of pip's that change how packages are written, not which they are."""
SETTINGS = {
    "index-url": "UV_DEFAULT_INDEX",
    "extra-index-url": "UV_INDEX",
    "find-links": "UV_FIND_LINKS",
    "no-index": "UV_NO_INDEX",
    "cert": "SSL_CERT_FILE",
    "trusted-host": "UV_INSECURE_HOST",
}
"""uv's variables for pip's settings."""


def installs(dockerfile: str) -> list[list[str]]:
    """The options of each ``pip install`` in a Dockerfile's text."""
    commands = re.findall(r"pip --python \S+ install ([^&;]+)", re.sub(r"\\\n", " ", dockerfile))
    return [[word for word in shlex.split(command) if word not in NOT_OF_UV] for command in commands]


def index_settings() -> dict[str, str]:
    """pip's index settings, from its files and variables, as uv's variables."""
    command = [sys.executable, "-m", "pip", "config", "list"]
    listed = subprocess.run(command, capture_output=True, text=True, check=True).stdout.splitlines()
    # Variables (":env:.cert") are listed first and override files ("global.cert").
    settings = {key.rpartition(".")[2]: value for key, _, value in (line.partition("=") for line in reversed(listed))}
    return {SETTINGS[key]: " ".join(ast.literal_eval(value).split()) for key, value in settings.items() if key in SETTINGS}


def uv(*arguments: str, given: str = "") -> str:
    """Runs uv with pip's index settings and rules. Returns its complaint, empty if it has none."""
    environment = {**os.environ, **index_settings(), "UV_INDEX_STRATEGY": "unsafe-best-match"}
    command = [sys.executable, "-m", "uv", "pip", *arguments, "--quiet"]
    done = subprocess.run(command, input=given, capture_output=True, text=True, env=environment)
    return done.stderr.strip() if done.returncode else ""


def unresolvable(folder: Path) -> list[str]:
    """What cannot be installed of the Dockerfile in ``folder``: a message for each list and platform."""
    problems = []
    with tempfile.TemporaryDirectory() as nowhere:
        for options in installs((folder / "Dockerfile").read_text()):
            options[-1] = str(folder / options[-1])
            for platform in PLATFORMS:
                where = ["--dry-run", "--target", nowhere, "--python-version", PYTHON, "--python-platform", platform]
                if complaint := uv("install", *where, *options):
                    problems.append(f"{shlex.join(options)} on {platform}:\n{complaint}")
    return problems


def main() -> None:
    """Resolves the lists beside this folder.

    Raises:
        SystemExit: with status 1 and what cannot be resolved.
    """
    if complaint := uv("compile", "--no-deps", "-", given="setuptools"):
        print(f"The images' packages are not resolved, since no package index answers here:\n{complaint}")
        return
    if problems := unresolvable(Path(__file__).parents[1]):
        sys.exit("The images cannot be built:\n" + "\n".join(problems))
    print("The images' packages can all be installed as the Dockerfile does it.")


if __name__ == "__main__":
    main()
