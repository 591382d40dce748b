# Everything happens in .venv, installed from locked and hashed requirements. `make help` lists what one can do.
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.ONESHELL:
.DELETE_ON_ERROR:
.DEFAULT_GOAL := help

PYTHON ?= $(shell for each in python3 python3.13 python3.12 python3.11; do \
	"$$each" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && { echo "$$each"; break; }; done)
BIN := .venv/bin
TARGETS := complaints referrals ports credit sandbox standalone
SOURCES := chassis contracts anning services standalone sandbox deploy tests benchmarks

# Each process runs whole modules, on a PostgreSQL and a Kafka of its own; tests/conftest.py orders the modules.
PARALLEL := --numprocesses 2 --dist loadfile --no-loadscope-reorder

# A lock is installed once: the name of its stamp is its digest, and that of what pyproject.toml says of the project
# (from its first line of dashes on it says how to check it).
stamp = .venv/$(1)-$(shell (cat requirements/$(1).lock; sed '/^\# ---/q' pyproject.toml) | sha256sum | cut -c1-16)
STANDALONE := $(call stamp,standalone)
DEV := $(call stamp,dev)

.PHONY: help
help:  ## what one can do here
	@awk -F ':.*## ' '/^[a-z]+:.*## / {printf "  make %-10s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

.PHONY: demo
demo: $(STANDALONE)  ## the whole system and one flow through it, live (INPUT=folder of real input, SUMMARY=file.json)
	@exec $(BIN)/anning demo $(if $(INPUT),--input "$(INPUT)") $(if $(SUMMARY),--summary "$(SUMMARY)")

.PHONY: up
up: $(STANDALONE)  ## the whole system on data that is kept, until Ctrl-C
	@exec $(BIN)/anning up

.PHONY: test
test: $(DEV)  ## every test that needs no container engine (ARGS=... go to pytest)
	@exec $(BIN)/python -m pytest $(PARALLEL) --durations 10 $(ARGS)

.PHONY: unit
unit: $(DEV)  ## the tests that need neither a database nor Kafka (ARGS=... go to pytest)
	@exec $(BIN)/python -m pytest $(PARALLEL) tests/unit tests/architecture --ignore tests/architecture/test_migrations.py $(ARGS)

.PHONY: containers
containers: $(DEV)  ## the tests that need a container engine
	@exec $(BIN)/python -m pytest $(PARALLEL) -m container $(ARGS)

.PHONY: lint
lint: $(DEV)  ## style, types, architecture
	@$(BIN)/ruff check $(SOURCES)
	$(BIN)/ruff format --check $(SOURCES)
	$(BIN)/mypy
	$(BIN)/lint-imports

.PHONY: format
format: $(DEV)  ## put the sources into shape
	@$(BIN)/ruff check --fix $(SOURCES)
	$(BIN)/ruff format $(SOURCES)

.PHONY: contracts
contracts: $(DEV)  ## schemas and examples of the published facts, made anew from their classes; refuses what breaks
	@exec $(BIN)/python -m contracts.schemas

.PHONY: bench
bench: $(DEV)  ## measure; writes benchmarks/out/results.json (INPUT=folder of real input, ONLY=name,name)
	@exec $(BIN)/python -m benchmarks $(if $(INPUT),--input "$(INPUT)") $(if $(ONLY),--only "$(ONLY)")

.PHONY: soak
soak: $(DEV)  ## complaints at a steady rate while workers are killed (MINUTES=20, RATE=per second)
	@exec $(BIN)/python -m benchmarks.soak $(if $(MINUTES),--minutes "$(MINUTES)") $(if $(RATE),--rate "$(RATE)")

.PHONY: lock
lock:  ## remake requirements/*.lock and the lock of Kafka's jars (UPGRADE=1 takes newer releases)
	@tool=$$(mktemp -d); trap 'rm -rf "$$tool"' EXIT
	$(PYTHON) -m venv "$$tool"
	"$$tool/bin/python" -m pip install --disable-pip-version-check --quiet uv
	export UV_CUSTOM_COMPILE_COMMAND='make lock'
	compile() {
	  "$$tool/bin/uv" pip compile --quiet --system-certs --universal --python-version 3.11 --generate-hashes --no-annotate \
	    --extra "$$1" --output-file "requirements/$$1.lock" "$${@:2}" pyproject.toml
	}
	compile dev $(if $(UPGRADE),--upgrade)
	for target in $(TARGETS); do compile "$$target" --constraints requirements/dev.lock; done
	$(MAKE) --no-print-directory kafka-lock

.PHONY: kafka-lock
kafka-lock: $(DEV)
	@$(BIN)/python -m standalone.jars

.PHONY: clean
clean:  ## remove what was installed and what was left by runs
	@rm -rf .venv .anning .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache *.egg-info benchmarks/out
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

.venv/ready:
	@test -n "$(PYTHON)" || { echo 'Python 3.11 or newer is needed: sudo apt install python3 python3-venv' >&2; exit 1; }
	"$(PYTHON)" -c 'import ensurepip, venv' 2>/dev/null || {
	  echo "$(PYTHON) has no venv: sudo apt install $$(basename "$(PYTHON)")-venv" >&2; exit 1; }
	rm -rf .venv
	"$(PYTHON)" -m venv .venv
	touch $@

# After a change of the lock everything is installed anew, so that nothing is there that the lock does not name.
# pip says what it collects; one line that moves is enough for a person.
install = if ls .venv | grep -E '^(standalone|dev)-' | grep -qvx -e $(notdir $(STANDALONE)) -e $(notdir $(DEV)); then \
	  rm -rf .venv; $(MAKE) --no-print-directory .venv/ready; fi; \
	echo "Installing what requirements/$(1).lock names into .venv"; \
	$(BIN)/python -m pip install --disable-pip-version-check --no-input --require-hashes -r requirements/$(1).lock \
	  | awk -v total="$$(grep -c '^[a-z0-9].*==' requirements/$(1).lock)" \
	    '/^Collecting/ {printf "\r  %d of %d  %-40s", ++n, total, $$2; fflush()} /^Installing/ {printf "\r  unpacking %-44s", ""; fflush()} END {print ""}'; \
	$(BIN)/python -m pip install --disable-pip-version-check --quiet --no-deps --no-build-isolation --editable .; \
	touch $@

.venv/standalone-%: | .venv/ready
	@if test -e "$(DEV)"; then touch $@; else $(call install,standalone); fi

.venv/dev-%: | .venv/ready
	@$(call install,dev)
