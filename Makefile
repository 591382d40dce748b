# Everything runs in .venv, installed from locked and hashed requirements. `make help` lists the commands.
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.ONESHELL:
.DELETE_ON_ERROR:
.DEFAULT_GOAL := help

# Images often set it. Without stored bytecode each process of the tests compiles every module and pytest's plugins again.
unexport PYTHONDONTWRITEBYTECODE

PYTHON ?= $(shell for each in python3 python3.13 python3.12 python3.11; do \
	"$$each" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && { echo "$$each"; break; }; done)
BIN := .venv/bin
SOURCES := chassis contracts anning services examples standalone sandbox deploy tests benchmarks

# Each extra of pyproject.toml has a lock; what all services need, and nothing more, is requirements/service.lock.
EXTRAS = $(shell $(PYTHON) -c 'import tomllib; \
	print(*tomllib.load(open("pyproject.toml", "rb"))["project"]["optional-dependencies"].keys() - {"dev"})')

# Each process runs whole modules, on a PostgreSQL and a Kafka of its own; tests/conftest.py orders the modules.
PARALLEL := --dist loadfile --no-loadscope-reorder --numprocesses

# A lock is installed once: its stamp is named by the digest of the lock and of the project part of pyproject.toml (up to
# its first line of dashes; below it are the settings of the tools).
stamp = .venv/$(1)-$(shell (cat requirements/$(1).lock; sed '/^\# ---/q' pyproject.toml) | sha256sum | cut -c1-16)
STANDALONE := $(call stamp,standalone)
DEV := $(call stamp,dev)

.PHONY: help
help:  ## list the commands
	@awk -F ':.*## ' '/^[a-z]+:.*## / {printf "  make %-10s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

.PHONY: demo
demo: $(STANDALONE)  ## the whole system and one flow through it, live (INPUT=folder of real input, SUMMARY=file.json)
	@exec $(BIN)/anning demo $(if $(INPUT),--input "$(INPUT)") $(if $(SUMMARY),--summary "$(SUMMARY)")

.PHONY: up
up: $(STANDALONE)  ## the whole system on data that is kept, until Ctrl-C (DEMO=1 loads the demonstration's data)
	@exec $(BIN)/anning up $(if $(DEMO),--demo)

.PHONY: dev
dev: $(STANDALONE)  ## one service, restarted when a source changes (SERVICE=name); what it needs keeps running
	@exec $(BIN)/anning dev $(SERVICE)

.PHONY: down
down: $(STANDALONE)  ## stop what `make dev` left running
	@exec $(BIN)/anning down

# Four processes keep two cores busy: many tests wait until something starts, stops or times out.
PROCESSES := 4
.PHONY: test
test: $(DEV)  ## every test that needs no container engine (ARGS=... go to pytest)
	@exec $(BIN)/python -m pytest $(PARALLEL) $(PROCESSES) --durations 10 $(ARGS)

.PHONY: unit
unit: $(DEV)  ## the tests that need neither a database nor Kafka (ARGS=... go to pytest)
	@exec $(BIN)/python -m pytest $(PARALLEL) 2 -m "not database" tests/unit tests/architecture $(ARGS)

.PHONY: containers
containers: $(DEV)  ## the tests that need a container engine
	@exec $(BIN)/python -m pytest $(PARALLEL) 2 -m container $(ARGS)

.PHONY: lint
lint: $(DEV)  ## style, types, architecture
	@$(BIN)/ruff check $(SOURCES)
	$(BIN)/ruff format --check $(SOURCES)
	$(BIN)/mypy
	$(BIN)/lint-imports

.PHONY: format
format: $(DEV)  ## format the sources
	@$(BIN)/ruff check --quiet --fix-only $(SOURCES)
	$(BIN)/ruff format $(SOURCES)
	$(BIN)/ruff check $(SOURCES)

.PHONY: service
service: $(DEV)  ## a new service with every registration done (NAME=enforcement ITEM=case)
	@$(BIN)/python -m examples.new_service $(NAME) $(ITEM)
	for action in 'check --fix-only' format check; do
	  $(BIN)/ruff $$action --quiet contracts services/$(NAME) tests/unit/$(NAME) tests/integration/$(NAME)
	done
	$(BIN)/python -m contracts.schemas
	$(BIN)/python -m anning.openapi
	$(BIN)/python -m deploy.compose

.PHONY: openapi
openapi: $(DEV)  ## write docs/openapi; refuses breaking changes that CHANGELOG.md does not name (RELEASE=1: at a release)
	@exec $(BIN)/python -m anning.openapi $(if $(RELEASE),--release)

.PHONY: contracts
contracts: $(DEV)  ## write schemas and examples of the published facts; refuses breaking changes
	@exec $(BIN)/python -m contracts.schemas

.PHONY: compose
compose: $(DEV)  ## write docker-compose.yml from its template and what the services declare
	@exec $(BIN)/python -m deploy.compose

.PHONY: migration
migration: $(DEV)  ## write a migration from what changed in a service's tables (SERVICE=ports M="why", EMPTY=1: no statements)
	@exec $(BIN)/anning migration "$(SERVICE)" "$(M)" $(if $(EMPTY),--empty)

.PHONY: dump
dump: $(DEV)  ## at a release: keep what its demonstration leaves for tests/upgrade
	@exec $(BIN)/python -m tests.upgrade.dump

.PHONY: bench
bench: $(DEV)  ## measure; writes benchmarks/out/results.json (INPUT=folder of real input, ONLY=name,name)
	@exec $(BIN)/python -m benchmarks $(if $(INPUT),--input "$(INPUT)") $(if $(ONLY),--only "$(ONLY)")

.PHONY: soak
soak: $(DEV)  ## complaints at a steady rate while workers are killed (MINUTES=20, RATE=per second)
	@exec $(BIN)/python -m benchmarks.soak $(if $(MINUTES),--minutes "$(MINUTES)") $(if $(RATE),--rate "$(RATE)")

.PHONY: lock
lock:  ## write requirements/*.lock and the lock of Kafka's jars (UPGRADE=1 takes newer releases)
	@tool=$$(mktemp -d); trap 'rm -rf "$$tool"' EXIT
	$(PYTHON) -m venv "$$tool"
	"$$tool/bin/python" -m pip install --disable-pip-version-check --quiet uv
	export UV_CUSTOM_COMPILE_COMMAND='make lock'
	compile() {
	  "$$tool/bin/uv" pip compile --quiet --system-certs --universal --python-version 3.11 --generate-hashes --no-annotate \
	    --output-file "requirements/$$1.lock" "$${@:2}" pyproject.toml
	}
	compile dev --extra dev $(if $(UPGRADE),--upgrade)
	compile service --constraints requirements/dev.lock
	for extra in $(EXTRAS); do compile "$$extra" --extra "$$extra" --constraints requirements/dev.lock; done
	$(MAKE) --no-print-directory kafka-lock

.PHONY: kafka-lock
kafka-lock: $(DEV)
	@$(BIN)/python -m standalone.jars

.PHONY: clean
clean:  ## remove the installation and the files of runs
	@rm -rf .venv .anning .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache *.egg-info benchmarks/out
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

.venv/ready:
	@test -n "$(PYTHON)" || { echo 'Python 3.11 or newer is needed: sudo apt install python3 python3-venv' >&2; exit 1; }
	"$(PYTHON)" -c 'import ensurepip, venv' 2>/dev/null || {
	  echo "$(PYTHON) has no venv: sudo apt install $$(basename "$(PYTHON)")-venv" >&2; exit 1; }
	rm -rf .venv
	"$(PYTHON)" -m venv .venv
	touch $@

# After a change of the lock everything is installed again, so that .venv holds only what the lock names.
# One line of progress replaces pip's output.
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
