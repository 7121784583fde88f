.DEFAULT_GOAL := help
SHELL := /bin/bash
PYTHON ?= python3
BIN := .venv/bin
SETUP := .venv/.setup-$(shell cat constraints.txt requirements-dev.txt packages/*/pyproject.toml | cksum | cut -d' ' -f1)

setup: $(SETUP) ## Make .venv with everything in it (the other targets do it for you)

# Editable: projects first, then common without its dependencies, or pip would
# replace common by a copy. mediapipe only carries its .tflite networks and Pose2Sim
# its demo videos; neither is imported, so their dependencies stay out.
$(SETUP):
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "Python 3.11 or newer is needed; set PYTHON=python3.x"; exit 1; }
	$(PYTHON) -m venv .venv
	$(BIN)/pip install -q -c constraints.txt -r requirements-dev.txt -e packages/pose3d -e packages/multineus -e packages/reenact[export]
	$(BIN)/pip install -q -c constraints.txt --no-deps -e packages/common
	$(BIN)/pip install -q --no-deps mediapipe==0.10.14 Pose2Sim==0.10.49
	@touch $@

demo: $(SETUP) ## Real people from four cameras to 3D motion, a head in 3D, a head driven
	$(BIN)/pose3d demo --output outputs/demo
	$(BIN)/multineus demo --preset draft --output outputs/demo/head
	$(BIN)/reenact demo --seconds 2 --output outputs/demo/driven

demo-multineus: $(SETUP) ## A photo to a 3D head, some minutes of fitting
	$(BIN)/multineus demo --output outputs/demo_multineus

demo-reenact: $(SETUP) ## Two people nobody has seen; one does what the other does
	$(BIN)/reenact demo --output outputs/demo_reenact

test: $(SETUP) ## Run the fast tests
	$(BIN)/pytest

test-all: $(SETUP) ## Run every test, the slow ones too
	$(BIN)/pytest -m "slow or not slow"

check: $(SETUP) ## Lint, type-check and verify which package may import which
	$(BIN)/ruff check && $(BIN)/ruff format --check && $(BIN)/mypy && $(BIN)/lint-imports

bench: $(SETUP) ## Measure speed and memory against plain versions and peers
	$(BIN)/python benchmarks/run.py --output benchmarks/RESULTS.md

help: ## Show this help
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-15s %s\n", $$1, $$2}' Makefile

.PHONY: setup demo demo-multineus demo-reenact test test-all check bench help
