PYTHON ?= python3
BIN := .venv/bin
RUN_DIR ?= runs/digits
export PYTHON

.DEFAULT_GOAL := help
.PHONY: help demo test verify lock clean

help: ## Show this list
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "make %-8s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

demo: .venv/ready ## Search, retrain, score and report on real handwritten digits (minutes, two CPU cores)
	@$(BIN)/autogan run --preset digits --run-dir $(RUN_DIR)

test: verify ## Check style, types and layers, then run every test
	@OMP_NUM_THREADS=1 $(BIN)/python -m pytest --numprocesses 2 --quiet

verify: .venv/ready ## Check style, types and layers only
	@$(BIN)/ruff check --quiet .
	@$(BIN)/ruff format --quiet --check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports

lock: ## Pin the newest versions of all dependencies in requirements.txt (needs uv)
	@uv pip compile pyproject.toml --extra dev --universal --python-version 3.11 --upgrade --quiet \
		--no-header --no-annotate --no-emit-index-url --no-emit-find-links --output-file requirements.txt

clean: ## Remove the environment, caches and runs
	@rm -rf .venv runs build *.egg-info .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +

.venv/ready: requirements.txt pyproject.toml scripts/setup_environment.sh
	@scripts/setup_environment.sh $(MAKECMDGOALS)
