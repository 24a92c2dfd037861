# Three images of one code: `suggestion` (Katib's suggestion service and its registration, without torch), `runtime`
# (trials and pipeline steps; CUDA comes inside torch's wheels) and `runtime-cpu` (the same for machines without a GPU).
# `make images` builds them. The lightest comes first, since Docker's old builder makes every stage above its target.

# Pin it by digest (python:3.11-slim-bookworm@sha256:...) for builds that repeat to the byte.
ARG BASE_IMAGE=python:3.11-slim-bookworm

# What all images stand on: no installer, and a user by name (torch asks for it) whose home can be written to when a
# volume is mounted there. /cache and /work can be written without one, by whatever user a cluster picks. `sh` stays:
# Katib's StdOut collector wraps a trial's command in it, and a pipeline's step begins with it, mktemp and python3, all
# of which the base image has. Nothing is imported from the working directory, which may be a checkout.
FROM ${BASE_IMAGE} AS base
RUN python -m pip uninstall --yes --quiet pip setuptools wheel \
    && echo 'autogan:x:1000:' >> /etc/group \
    && echo 'autogan:x:1000:1000::/tmp:/usr/sbin/nologin' >> /etc/passwd \
    && mkdir --mode 1777 /cache /work
ENV PATH=/opt/venv/bin:/opt/autogan/bin:${PATH} \
    PYTHONPATH=/opt/autogan \
    PYTHONSAFEPATH=1 \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    HOME=/tmp
WORKDIR /work
USER 1000:1000

# Where packages come from is told by secrets, which leave no trace: pip.conf, netrc and ca.pem, each as needed.
# Building kfp-server-api runs setuptools: no bytecode of it, with dates in it, is to be there before compileall.
FROM ${BASE_IMAGE} AS installer
ENV PIP_CONFIG_FILE=/run/secrets/pip.conf \
    NETRC=/run/secrets/netrc \
    PYTHONDONTWRITEBYTECODE=1
RUN python -m venv --without-pip /opt/venv

# The lists are complete, so nothing is resolved; wheels only, since there is no compiler. Bytecode that is never
# checked against its source has no file dates in it; it could not be written later, since the root file system is
# read-only.
FROM installer AS suggestion-packages
COPY requirements-suggestion.txt ./
RUN --mount=type=secret,id=pip.conf --mount=type=secret,id=netrc --mount=type=secret,id=ca.pem \
    PIP_CERT="$(ls /run/secrets/ca.pem 2>/dev/null)" python -m pip --python /opt/venv install --no-cache-dir --no-deps \
        --no-compile --require-hashes --only-binary :all: --requirement requirements-suggestion.txt \
    && find /opt/venv/lib -type d -name tests -prune -exec rm -r {} + \
    && python -m compileall -q --invalidation-mode unchecked-hash /opt/venv/lib

FROM ${BASE_IMAGE} AS code
WORKDIR /opt/autogan
COPY autogan_core ./autogan_core
COPY autogan_kubeflow ./autogan_kubeflow
COPY components ./components
RUN python -m compileall -q --invalidation-mode unchecked-hash .

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

# The pipelines need kfp, which only the runtime has.
FROM code AS runtime-code
COPY pipelines ./pipelines
RUN python -m compileall -q --invalidation-mode unchecked-hash pipelines \
    && mkdir bin \
    && printf '%s\n' '#!/opt/venv/bin/python' 'from autogan_kubeflow.pipelines.cli.main import main' '' 'main()' > bin/autogan \
    && chmod 755 bin/autogan

# All but torch and CUDA. kfp-server-api has never had a wheel; the pinned setuptools makes one of its few Python files.
FROM installer AS runtime-packages
COPY requirements-build.txt requirements-runtime.txt ./
RUN --mount=type=secret,id=pip.conf --mount=type=secret,id=netrc --mount=type=secret,id=ca.pem \
    export PIP_CERT="$(ls /run/secrets/ca.pem 2>/dev/null)" \
    && python -m pip --python /opt/venv install --no-cache-dir --no-deps --no-compile --require-hashes \
        --only-binary :all: --requirement requirements-build.txt \
    && python -m pip --python /opt/venv install --no-cache-dir --no-deps --no-compile --require-hashes \
        --only-binary :all: --no-binary kfp-server-api --use-pep517 --no-build-isolation \
        --requirement requirements-runtime.txt \
    && find /opt/venv/lib -type d -name tests -prune -exec rm -r {} + \
    && python -m compileall -q --invalidation-mode unchecked-hash /opt/venv/lib

# torch for CPUs. An index that pip.conf adds may offer builds without CUDA (+cpu), which pip prefers; they have hashes
# of their own. PyPI has none, and its build loads CUDA's libraries where there is no GPU, too: they come along, without
# those that are only opened for work on a GPU.
FROM installer AS torch-cpu
COPY requirements-torch.txt requirements-torch-cpu.txt ./
RUN --mount=type=secret,id=pip.conf --mount=type=secret,id=netrc --mount=type=secret,id=ca.pem \
    export PIP_CERT="$(ls /run/secrets/ca.pem 2>/dev/null)" \
    && python -m pip --python /opt/venv install --no-cache-dir --no-deps --no-compile \
        --only-binary :all: --requirement requirements-torch-cpu.txt \
    && if ! ls -d /opt/venv/lib/python3*/site-packages/torch-*+cpu.dist-info; then \
        python -m pip --python /opt/venv install --no-cache-dir --no-deps --no-compile --require-hashes \
            --only-binary :all: --requirement requirements-torch.txt; \
    fi \
    && find /opt/venv/lib \( -name '*.a' -o -name '*.bc' -o -path '*/torch/include' -o -path '*/nvidia/*/include' \
        -o -name tests -o -name 'libnvperf_*' -o -name 'libcusolver*' -o -name 'libcudnn_*' \) -prune -exec rm -r {} + \
    && python -m compileall -q --invalidation-mode unchecked-hash -x torch/testing/_internal/py312 /opt/venv/lib

FROM base AS runtime-cpu
COPY --from=torch-cpu /opt/venv /opt/venv
COPY --from=runtime-packages /opt/venv /opt/venv
COPY --from=runtime-code /opt/autogan /opt/autogan
ENTRYPOINT ["python", "-m", "pipelines.cli"]
CMD ["--help"]
ARG VERSION=0.1.0
ARG REVISION
ARG SOURCE
ARG CREATED
ENV AUTOGAN_REVISION=${REVISION} \
    AUTOGAN_CACHE=/cache
LABEL org.opencontainers.image.title="AutoGAN trials and pipeline steps, without GPUs" \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}" \
      org.opencontainers.image.source="${SOURCE}" \
      org.opencontainers.image.created="${CREATED}"

# torch and CUDA, in a layer of their own that other packages do not change, without what only compilers and profilers
# read. The list leaves out Triton, which torch.compile needs. Python 3.11 cannot compile one file of torch, for 3.12.
FROM installer AS torch
COPY requirements-torch.txt ./
RUN --mount=type=secret,id=pip.conf --mount=type=secret,id=netrc --mount=type=secret,id=ca.pem \
    PIP_CERT="$(ls /run/secrets/ca.pem 2>/dev/null)" python -m pip --python /opt/venv install --no-cache-dir --no-deps \
        --no-compile --require-hashes --only-binary :all: --requirement requirements-torch.txt \
    && find /opt/venv/lib \( -name '*.a' -o -name '*.bc' -o -path '*/torch/include' -o -path '*/nvidia/*/include' \
        -o -name tests -o -name 'libnvperf_*' -o -name 'libcusolverMg*' \) -prune -exec rm -r {} + \
    && python -m compileall -q --invalidation-mode unchecked-hash -x torch/testing/_internal/py312 /opt/venv/lib

FROM base AS runtime
COPY --from=torch /opt/venv /opt/venv
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
# The last four: what torch's CUDA asks of a node.
LABEL org.opencontainers.image.title="AutoGAN trials and pipeline steps" \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}" \
      org.opencontainers.image.source="${SOURCE}" \
      org.opencontainers.image.created="${CREATED}" \
      autogan.torch="2.15.0" \
      autogan.cuda="13.2" \
      autogan.gpu-architectures="sm_75 sm_80 sm_86 sm_90 sm_100 sm_120" \
      autogan.nvidia-driver=">=580"
