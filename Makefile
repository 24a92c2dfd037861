PYTHON ?= python3
BIN := .venv/bin
RUN_DIR ?= runs/digits
PIN := uv pip compile --universal --python-version 3.11 --quiet --no-header --no-annotate --no-emit-index-url \
	--no-emit-find-links
IMAGE_TARGETS ?= suggestion runtime
# The packages with CUDA and what is built against them, in a layer of their own.
TORCH := torch|torchvision|cuda-[a-z-]+|nvidia-[a-z0-9-]+
export PYTHON

.DEFAULT_GOAL := help
.PHONY: help demo test test-slow verify docs manifests pipelines bench images lock image-lists clean

help: ## Show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-16s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

demo: .venv/ready ## The whole pipeline on real handwritten digits: search, train, score, report (minutes, two CPU cores)
	@$(BIN)/autogan pipeline run-local mlas-search --store $(dir $(RUN_DIR)) --param run_name=$(notdir $(RUN_DIR))

# Variables of the acceptance test, each an option of `python -m acceptance run --help`.
option = $(if $($(1)),--$(2) $($(1)))
REACHED = $(call option,CONTEXT,context) $(call option,NAMESPACE,namespace) $(if $(SKIP_PIPELINES),--skip-pipelines) \
	$(call option,PIPELINES_NAMESPACE,pipelines-namespace) $(call option,PIPELINES_HOST,pipelines-host) \
	$(call option,PROFILE,profile) $(call option,TOKEN_FILE,token-file)
TESTED = $(call option,IMAGES,images) $(call option,TAG,tag) $(call option,SUGGESTION_IMAGE,suggestion-image) \
	$(call option,RUNTIME_IMAGE,runtime-image) $(call option,STORE,store) \
	$(call option,FAKE_GCS_IMAGE,emulator-image) $(call option,GCS_KEY,gcs-key) \
	$(call option,GOOGLE_ACCOUNT,google-account) $(call option,PULL_SECRET,pull-secret) \
	$(call option,KATIB_NAMESPACE,katib-namespace) $(foreach setting,$(SET),--set $(setting)) $(if $(KEEP),--keep)

.PHONY: acceptance acceptance-clean
acceptance: .venv/ready ## Test a cluster with these images, and leave nothing there (10 minutes; see docs/cluster.md)
	@$(BIN)/python -m acceptance run $(REACHED) $(TESTED)

acceptance-clean: .venv/ready ## Take away what an acceptance test with KEEP=1, or one that was killed, has left
	@$(BIN)/python -m acceptance clean $(REACHED)

# A module goes to one process, so that what its tests share is made once.
PYTEST = OMP_NUM_THREADS=1 $(BIN)/python -m pytest --numprocesses 2 --dist loadfile --quiet
test: verify ## Check style, types and layers, then run the tests
	@$(PYTEST) -m "not slow"

test-slow: .venv/ready ## Run the tests that take whole programs from beginning to end (minutes)
	@$(PYTEST) -m slow

verify: .venv/ready ## Check style, types and layers only
	@$(BIN)/ruff check --quiet .
	@$(BIN)/ruff format --quiet --check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports

docs: .venv/ready ## Build the API reference from the docstrings into build/docs (a minute)
	@OMP_NUM_THREADS=1 PYTHONPATH=. $(BIN)/python docs/build_reference.py build/docs

manifests: .venv/ready ## Write manifests/experiments and manifests/trainer anew from their recipes
	@$(BIN)/autogan katib experiment --write manifests/experiments
	@$(BIN)/autogan katib experiment mlas-smoke --job trainjob > manifests/trainer/mlas-smoke.yaml

pipelines: .venv/ready ## Compile the pipelines anew into pipelines/compiled
	@$(BIN)/autogan pipeline compile --output pipelines/compiled

bench: .venv/ready ## Time training, rewards, several processes and the suggestion service on this machine (11 minutes)
	@$(BIN)/python -m benchmarks.speed --out runs/speed.json
	@$(BIN)/python -m benchmarks.scaling --out runs/scaling.json
	@$(BIN)/python -m benchmarks.suggestion_service

lock: ## Pin the newest versions of all dependencies: for people, and the same for the images (needs uv)
	@$(PIN) --generate-hashes pyproject.toml --all-extras --upgrade --output-file requirements.txt
	@$(MAKE) --no-print-directory image-lists

image-lists: # What each image takes of requirements.txt.
	@$(PIN) --generate-hashes --group suggestion --constraint requirements.txt --output-file requirements-suggestion.txt
	@echo setuptools | $(PIN) --generate-hashes --constraint requirements.txt - --output-file requirements-build.txt
	@sed -nE 's/ \\$$//; /^($(TORCH))==/p' requirements.txt | \
		$(PIN) --generate-hashes --no-deps - --output-file requirements-torch.txt
	@printf 'torch\ntorchvision\n' | \
		$(PIN) --no-deps --constraint requirements.txt - --output-file requirements-torch-cpu.txt
	@$(PIN) --generate-hashes pyproject.toml --extra katib --extra parquet --extra pipelines --constraint requirements.txt --no-emit-package triton \
		$$(sed -nE 's/^([a-z0-9-]+)==.*/--no-emit-package \1/p' requirements-torch.txt) \
		--output-file requirements-runtime.txt

images: ## Build the container images suggestion and runtime, or those named by IMAGE_TARGETS (also: runtime-cpu)
	@scripts/build_images.sh $(IMAGE_TARGETS)

clean: ## Remove the environment, caches and runs
	@rm -rf .venv runs build *.egg-info .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +

.venv/ready: requirements.txt pyproject.toml scripts/setup_environment.sh
	@scripts/setup_environment.sh $(MAKECMDGOALS)
