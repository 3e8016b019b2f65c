# Loa Ấp: everything starts here. `make` alone says what there is.
SHELL := /bin/bash
.DEFAULT_GOAL := help
.NOTPARALLEL:
.PHONY: help deps-build deps deps-test venv run demo code test quick fuzz bench lint node-alone requirements sbom clean

# Without compiled files every run rewrites every test again, which doubles `make quick`.
unexport PYTHONDONTWRITEBYTECODE

# Debian's own Python: systemd-python is built against it.
PYTHON := /usr/bin/python3
BIN := .loa/venv/bin
NODE_BIN := .loa/venv-node/bin
# Not even imported: the folders and the file that hold nothing quick and are slow to import.
QUICK := -m "not parts and not journey and not rows" --ignore=tests/journeys --ignore=tests/browser \
	--ignore=tests/provisioning/test_sbom.py

# What apt must have brought: to build the venv, to run the product, to prove it.
BUILD := ca-certificates python3 python3-venv python3-dev gcc pkg-config libsystemd-dev
RUN := $(BUILD) mosquitto libvlc5 libvlc-bin vlc-plugin-base alsa-utils ffmpeg espeak-ng poppler-utils fonts-noto-core
PROVE := $(RUN) zbar-tools e2fsprogs chromium xvfb libfaketime sox systemd pulseaudio pulseaudio-utils

help: ## what you are reading
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-13s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

run: deps venv ## the district, a broker and one hamlet node on this machine; Ctrl-C stops all
	@exec $(BIN)/python -m provisioning.here run

demo: deps venv ## the same without a person: publish the sample programme, wait until it was played
	@exec $(BIN)/python -m provisioning.here demo

code: venv ## the codes that the demo's accounts need now, as their telephones would show them
	@$(BIN)/python -m provisioning.here code

# Side by side what needs no real part, and two journeys at a time, which mostly wait; those that
# measure sound have the machine to themselves.
test: deps-test venv lint node-alone ## everything that proves the project
	@$(BIN)/python -m pytest -q -n auto -m "not parts and not journey"
	@$(BIN)/python -m pytest -m "parts and not journey"
	@$(BIN)/python -m pytest -q -n 2 --dist loadfile -m journey

quick: deps-build venv ## the tests that need no broker, display, sound, network or database
	@$(BIN)/python -m pytest -q -n auto --hypothesis-profile=quick $(QUICK)

fuzz: deps-test venv ## the property tests on ten times as many examples, new ones every time
	@$(BIN)/python -m pytest -q -n auto --hypothesis-profile=fuzz -m hypothesis

bench: deps-test venv ## the figures we promise, beside what they compare to
	@$(BIN)/python -m pytest -q -s -o python_files='bench_*.py' -o python_functions='bench_*' tests/bench

lint: deps-build venv ## style, types, and who may import whom
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy content node server provisioning
	@$(BIN)/lint-imports --cache-dir .loa/cache/import-linter

node-alone: deps-build ## the kiosk's distribution installs and passes its tests without Django
	@provisioning/venv.sh .loa/venv-node requirements-test.txt requirements-node.txt
	@rm -rf content/build node/build
	@provisioning/step.sh "install loa-wire and loa-node alone" $(NODE_BIN)/pip install -q --no-deps \
		--no-build-isolation --no-index --force-reinstall ./content ./node
	@rm -rf content/build node/build
	@! $(NODE_BIN)/python -c 'import django' 2>/dev/null || { echo "node-alone: Django is here, it must not be"; exit 1; }
	@$(NODE_BIN)/python -m pytest -q $(QUICK) -o pythonpath=tests tests/wire tests/node

venv: deps-build ## .loa/venv with the hashed requirements and our three packages
	@provisioning/venv.sh .loa/venv requirements-test.txt requirements-node.txt requirements-server.txt \
		requirements-dev.txt -- content node server

deps-build:
	@provisioning/deps.sh $(BUILD)

deps: ## what apt must bring to run the product (only what is missing)
	@provisioning/deps.sh $(RUN)

deps-test:
	@provisioning/deps.sh $(PROVE)

requirements: deps-build venv ## write the hashed requirement files anew (UPGRADE=1: newer versions)
	@$(BIN)/python provisioning/requirements.py $(if $(UPGRADE),--upgrade)

sbom: deps-build venv ## what node and server are made of, as CycloneDX in .loa/sbom
	@$(BIN)/python provisioning/sbom.py

clean: ## forget everything: state, keys, accounts, venvs, caches
	rm -rf .loa
