# Policy Portal: the set-up and the daily commands. `make help` lists them.
#
# Each command does the set-up it needs, once: a stamp in .venv carries a checksum of the lock
# files, so nothing is installed again until their content changes.

VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check
# An option for a variable of make's command line; HOST and PORT of the environment mean other things.
given = $(if $(findstring command,$(origin $(1))),$(2) '$($(1))')
checksum = $(shell cat $(1) 2>/dev/null | cksum | tr -d ' ')

# Scripts in a virtual environment carry its path: a checkout that was moved needs a new one.
MADE := $(VENV)/.made-$(shell printf %s '$(CURDIR)' | cksum | tr -d ' ')
RUNTIME := $(VENV)/.runtime-$(call checksum,requirements/build.txt requirements/runtime.txt pyproject.toml)
DEV := $(VENV)/.dev-$(call checksum,requirements/dev.txt)
# Outside .venv, where the releases are: their modules have the same names.
CLIENTS := $(foreach lock,azure-preview azure-older,\
	build/$(lock)/.made-$(call checksum,requirements/$(lock).txt))
# Not in the locks: it is large, brings its own pins, and only `make fuzz` needs it.
SCHEMATHESIS := 4.32.5
FUZZ := build/schemathesis-$(SCHEMATHESIS)

# Without its interpreter (upgraded or removed on this machine) an environment is worth nothing.
$(shell test -x $(BIN)/python || rm -f $(VENV)/.made-* $(VENV)/.runtime-* $(VENV)/.dev-*)

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help run test azure-clients install check bench fuzz lock screenshots clean \
	check-style check-types check-imports check-templates check-django check-docs

help: ## list the commands
	@sed -n 's/^\([a-z-]*\):.*## /\1\t/p' $(MAKEFILE_LIST) | expand -t 14

run: $(RUNTIME) ## start the portal; make run PORT=8001 HOST=0.0.0.0 DATA=/path
	@exec $(BIN)/policy-portal serve $(call given,HOST,--host) $(call given,PORT,--port) \
		$(call given,DATA,--data)

# Each worker begins with a run of neighbours, so that what a module's tests share is made once; one
# that is done takes over from another.
test: $(DEV) ## run the tests; make test ARGS="tests/cli -k token" for some of them
	@$(BIN)/pytest $(or $(ARGS),-n auto --maxprocesses 4 --dist worksteal)

azure-clients: $(CLIENTS) ## fetch other versions of the Azure SDK, which some tests drive

install: $(RUNTIME) ## prepare .venv with the console script policy-portal
	@echo "Ready: $(BIN)/policy-portal"

check: check-style check-types check-imports check-templates check-django check-docs ## run every static check

check-style: $(DEV)
	@$(BIN)/ruff check
	@$(BIN)/ruff format --check

check-types: $(DEV)
	@$(BIN)/mypy

check-imports: $(DEV)
	@$(BIN)/lint-imports

check-templates: $(DEV)
	@find templates policy_app -name '*.html' -exec $(BIN)/djade --check --target-version 5.2 {} +

check-django: $(DEV)
	@$(BIN)/policy-portal manage makemigrations --check --dry-run
	@$(BIN)/policy-portal manage check --fail-level WARNING

check-docs: $(DEV)
	@$(BIN)/pytest -q -p no:randomly tests/docs

bench: $(DEV) ## measure; benchmarks/README.md says what
	@$(BIN)/python -m benchmarks $(ARGS)

fuzz: $(DEV) $(FUZZ)/bin/schemathesis ## ask the REST API whatever its schema allows or not; make fuzz ARGS="--minutes 5"
	@$(BIN)/python tools/fuzz_rest.py --program "$(CURDIR)/$(FUZZ)/bin/schemathesis" $(ARGS)

$(FUZZ)/bin/schemathesis:
	@"$$(tools/find-python)" -m venv $(FUZZ)
	@$(FUZZ)/bin/python -m pip install --quiet --disable-pip-version-check schemathesis==$(SCHEMATHESIS)

lock: ## write requirements/ from pyproject.toml; make lock ARGS=--upgrade for newer versions
	@tools/lock "$$(tools/find-python)" $(ARGS)

screenshots: $(DEV) ## photograph the product for the README, in Chromium
	@$(BIN)/python tools/screenshots.py

clean: ## remove what the commands made, but for the data in .data
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache \
		.grimp_cache *.egg-info build test-results

$(MADE):
	@python=$$(tools/find-python) && echo "Making $(VENV) with $$python" && "$$python" -m venv --clear $(VENV)
	@touch $@

$(RUNTIME): $(MADE)
	@echo "Installing what the portal needs (once, until requirements/ changes)"
	@$(PIP) --require-hashes -r requirements/build.txt
	@$(PIP) --require-hashes -r requirements/runtime.txt
	@$(PIP) --no-deps --no-build-isolation --editable .
	@$(BIN)/python -m compileall -q policy_app portal
	@$(BIN)/python tools/compile_policies.py
	@rm -f $(VENV)/.runtime-* && touch $@

$(DEV): $(RUNTIME)
	@echo "Installing the tools for tests and checks"
	@$(PIP) --require-hashes -r requirements/dev.txt
	@rm -f $(VENV)/.dev-* && touch $@

$(CLIENTS): | $(MADE)
	@rm -rf $(@D)
	@$(PIP) --no-deps --require-hashes --target $(@D) -r requirements/$(notdir $(@D)).txt
	@touch $@
