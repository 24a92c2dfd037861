#!/usr/bin/env bash
# Builds the container images named as arguments, which are targets of the Dockerfile. Called by `make images`; its
# variables are explained in docs/cluster.md. Indexes, passwords and certificates are mounted, never arguments of a build.
set -euo pipefail
cd "$(dirname "$0")/.."

stop() {
    printf 'make images: %s\n' "$1" >&2
    exit 1
}

engine=${ENGINE:-}
if [ -z "$engine" ]; then
    if docker version >/dev/null 2>&1; then engine=docker # asks its daemon, too
    elif command -v podman >/dev/null; then engine=podman
    elif command -v buildah >/dev/null; then engine=buildah
    else stop "there is no running Docker, no podman and no buildah here. Install one, or name one: ENGINE=/bin/podman"
    fi
fi
commit=$(git rev-parse HEAD) || stop "the images are named after a commit; run this in a git checkout"
dirty=$([ -z "$(git status --porcelain)" ] || echo -dirty)
version=$(sed -n 's/^version = "\(.*\)"/\1/p' pyproject.toml)
created=$(TZ=UTC git log -1 --format=%cd --date=format-local:%Y-%m-%dT%H:%M:%SZ)
# Dates of files in the images. That of torch's list, so that the layer of torch stays the same while its list does.
epoch=${SOURCE_DATE_EPOCH:-$(git log -1 --format=%ct -- requirements-torch.txt)}

# shellcheck disable=SC2206 # these are words on purpose
flags=(${BUILD_FLAGS:-} --build-arg "VERSION=$version" --build-arg "REVISION=$commit$dirty"
    --build-arg "CREATED=$created" --build-arg "SOURCE=${SOURCE:-}")
[ -z "${BASE_IMAGE:-}" ] || flags+=(--build-arg "BASE_IMAGE=$BASE_IMAGE")
[ -z "${PLATFORM:-}" ] || flags+=(--platform "$PLATFORM")

scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
pip_config=${PIP_CONFIG:-}
if [ -z "$pip_config" ] && [ -n "${PIP_INDEX_URL:-}${PIP_EXTRA_INDEX_URL:-}" ]; then
    pip_config=$scratch/pip.conf
    printf '[global]\nindex-url = %s\nextra-index-url = %s\ntrusted-host = %s\n' \
        "${PIP_INDEX_URL:-}" "${PIP_EXTRA_INDEX_URL:-}" "${PIP_TRUSTED_HOST:-}" | grep -v '= $' >"$pip_config"
fi
add_secret() { # name in the build, file
    [ -n "$2" ] || return 0
    [ -r "$2" ] || stop "cannot read '$2', the $1 of the build"
    flags+=(--secret "id=$1,src=$(realpath "$2")")
}
add_secret pip.conf "$pip_config"
add_secret netrc "${NETRC:-}"
add_secret ca.pem "${CA_FILE:-}"

dockerfile=Dockerfile
case $(basename "$engine") in
    docker)
        for name in HTTP_PROXY HTTPS_PROXY NO_PROXY; do # Docker keeps these out of the image and its history
            [ -z "${!name:-}" ] || flags+=(--build-arg "$name")
        done
        if [ "${DOCKER_BUILDKIT:-1}" = 0 ]; then
            [ -z "$pip_config${NETRC:-}${CA_FILE:-}" ] || stop "Docker's old builder takes no secrets, such as \
pip.conf. Unset DOCKER_BUILDKIT, or do without PIP_CONFIG, PIP_INDEX_URL, PIP_EXTRA_INDEX_URL, NETRC and CA_FILE."
            dockerfile=$scratch/Dockerfile
            sed 's/--mount=[^ ]* *//g' Dockerfile >"$dockerfile"
            build=(build)
        elif "$engine" buildx version >/dev/null 2>&1; then
            build=(buildx build --output type=docker,rewrite-timestamp=true --build-arg "SOURCE_DATE_EPOCH=$epoch")
        else
            export DOCKER_BUILDKIT=1
            build=(build --build-arg "SOURCE_DATE_EPOCH=$epoch")
        fi
        ;;
    podman | buildah) build=(build --layers --timestamp "$epoch") ;;
    *) stop "ENGINE is '$engine'; it must be docker, podman or buildah, or a path to one" ;;
esac

for target in "$@"; do
    name=${IMAGES:-localhost/autogan}/$target
    tag=$version-${commit:0:12}$dirty
    "$engine" "${build[@]}" "${flags[@]}" --file "$dockerfile" --target "$target" \
        --tag "$name:$tag" --tag "$name:$version" .
    echo "built $name:$tag, also tagged $version"
done
