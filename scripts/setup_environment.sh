#!/usr/bin/env bash
# Makes the project's own virtual environment in .venv; nothing outside it changes. Called by the Makefile.
set -u
cd "$(dirname "$0")/.."
python=${PYTHON:-python3}

stop() {
    printf '\nautogan: %s\n' "$1" >&2
    exit 1
}

command -v "$python" >/dev/null 2>&1 ||
    stop "there is no '$python' here. Install Python 3.11, 3.12 or 3.13, or name one: make $1 PYTHON=/path/to/python3.11"
version=$("$python" -c 'import sys; print("%d.%d" % sys.version_info[:2])') || stop "'$python' does not run."
case "$version" in
    3.11 | 3.12 | 3.13) ;;
    *) stop "Python $version is not supported. Install Python 3.11, 3.12 or 3.13 and run: make $1 PYTHON=/path/to/python3.11" ;;
esac

echo "autogan: setting up .venv with Python $version (PyTorch is large: about 3 GB and 3 minutes the first time)"
"$python" -m venv .venv ||
    stop "the virtual environment could not be made. On Debian and Ubuntu: apt-get install python3-venv"
# The list is complete and pinned, so nothing is left to resolve; a file that was replaced does not match its hash.
.venv/bin/python -m pip install --quiet --disable-pip-version-check --no-deps -r requirements.txt ||
    stop "the packages could not be installed (the reason stands above). With no network, point pip at a mirror (PIP_INDEX_URL) or a folder that 'pip download -r requirements.txt' has filled (PIP_NO_INDEX=1 PIP_FIND_LINKS=/folder), then run make again."
.venv/bin/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable . ||
    stop "the project itself could not be installed (the reason stands above)."
touch .venv/ready
