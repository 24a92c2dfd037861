# Two images of one code: `suggestion` (Katib's suggestion service and its registration, without torch) and `runtime`
# (trials and pipeline steps; CUDA comes inside torch's wheels). `make images` builds both.

# Pin it by digest (python:3.11-slim-bookworm@sha256:...) for builds that repeat to the byte.
ARG BASE_IMAGE=python:3.11-slim-bookworm

FROM ${BASE_IMAGE} AS suggestion-packages
# Where packages come from; pip's own default if not given. No passwords here: they would stay in the build cache.
ARG PIP_INDEX_URL
ARG PIP_EXTRA_INDEX_URL
ARG PIP_TRUSTED_HOST
RUN python -m venv --without-pip /opt/venv
COPY requirements-suggestion.txt ./
# The list is complete, so nothing is resolved; wheels only, since there is no compiler. Bytecode that is never checked
# against its source keeps file dates out of it, and cannot be written later: the root file system is read-only.
RUN python -m pip --python /opt/venv install --no-cache-dir --no-deps --no-compile --only-binary :all: \
        --requirement requirements-suggestion.txt \
    && python -m compileall -q --invalidation-mode unchecked-hash /opt/venv/lib

FROM ${BASE_IMAGE} AS runtime-packages
ARG PIP_INDEX_URL
ARG PIP_EXTRA_INDEX_URL
ARG PIP_TRUSTED_HOST
RUN python -m venv --without-pip /opt/venv
COPY requirements-runtime.txt ./
# One file of torch is written for Python 3.12 and cannot be compiled by 3.11.
RUN python -m pip --python /opt/venv install --no-cache-dir --no-deps --no-compile --only-binary :all: \
        --requirement requirements-runtime.txt \
    && python -m compileall -q --invalidation-mode unchecked-hash -x torch/testing/_internal/py312 /opt/venv/lib

FROM ${BASE_IMAGE} AS code
WORKDIR /opt/autogan
COPY autogan_core ./autogan_core
COPY components ./components
RUN python -m compileall -q --invalidation-mode unchecked-hash .

# The pipelines need kfp, which only the runtime has.
FROM code AS runtime-code
COPY pipelines ./pipelines
RUN python -m compileall -q --invalidation-mode unchecked-hash pipelines

# What both images stand on: no installer, and a user by name (torch asks for it) whose home can be written to when a
# volume is mounted there, like /cache, which does without one too. `sh` stays: Katib's StdOut collector wraps a trial's
# command in it, and a pipeline's step begins with it, mktemp and python3, all of which the base image has.
FROM ${BASE_IMAGE} AS base
RUN python -m pip uninstall --yes --quiet pip setuptools wheel \
    && echo 'autogan:x:1000:' >> /etc/group \
    && echo 'autogan:x:1000:1000::/tmp:/usr/sbin/nologin' >> /etc/passwd \
    && mkdir /cache && chown 1000:1000 /cache
ENV PATH=/opt/venv/bin:${PATH} \
    PYTHONPATH=/opt/autogan \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    HOME=/tmp
WORKDIR /opt/autogan
USER 1000:1000

FROM base AS suggestion
COPY --from=suggestion-packages /opt/venv /opt/venv
COPY --from=code /opt/autogan /opt/autogan
EXPOSE 6789
ENTRYPOINT ["python", "-m", "components.suggestion"]
ARG VERSION=0.1.0
ARG REVISION
ARG SOURCE
ARG CREATED
LABEL org.opencontainers.image.title="AutoGAN suggestion service" \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}" \
      org.opencontainers.image.source="${SOURCE}" \
      org.opencontainers.image.created="${CREATED}"

FROM base AS runtime
COPY --from=runtime-packages /opt/venv /opt/venv
COPY --from=runtime-code /opt/autogan /opt/autogan
ENTRYPOINT ["python", "-m", "pipelines.cli"]
CMD ["--help"]
ARG VERSION=0.1.0
ARG REVISION
ARG SOURCE
ARG CREATED
# Which code runs, for artifacts and reports. The cache is named here and not in compiled pipelines, whose variables
# kfp's local runner sets too, on machines without a /cache.
ENV AUTOGAN_REVISION=${REVISION} \
    AUTOGAN_CACHE=/cache
LABEL org.opencontainers.image.title="AutoGAN trials and pipeline steps" \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}" \
      org.opencontainers.image.source="${SOURCE}" \
      org.opencontainers.image.created="${CREATED}"
