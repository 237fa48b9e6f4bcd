# Everything a checkout can do; `make` alone lists it. All products lie under build/.

SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
MAKEFLAGS += --no-print-directory --warn-undefined-variables
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:

# What a machine's own settings could change about a run has no place in it.
unexport PYTHONPATH PYTHONHOME PYTHONSTARTUP VIRTUAL_ENV QGIS_CUSTOM_CONFIG_PATH
unexport PROJ_LIB PROJ_DATA GDAL_DATA GDAL_DRIVER_PATH

ROOT := $(CURDIR)
BUILD := $(ROOT)/build
ENGINE := $(BUILD)/engine
# QGIS is bound to the system's Python, which need not be the first on PATH.
QGIS_PYTHON ?= /usr/bin/python3
ENGINE_PYTHON := $(ENGINE)/bin/python
# Inside, so that they go when the environment goes.
ENGINE_STAMP := $(ENGINE)/.engine-ready
DEV_STAMP := $(ENGINE)/.development-ready
BUILD_ENGINE := $(QGIS_PYTHON) -m hsi_film_plugin.bridge.environment build --to "$(ENGINE)"
ENGINE_REQUIREMENTS := hsi_film_plugin/bridge/engine-requirements.txt

RASTER ?=
LABELS ?=
FIELD ?=
DATA ?=
SEEDS ?= 5
WORKERS ?= 1
PYTEST_ARGS ?=
export HSIFILM_DATA ?= $(ROOT)/../shared/data

# The QGIS side runs without a screen and leaves the user's profile alone.
headless = env PATH="/usr/bin:/bin:$$PATH" QT_QPA_PLATFORM=offscreen \
	XDG_RUNTIME_DIR="$(BUILD)/run" HSIFILM_ENGINE_PYTHON="$(ENGINE_PYTHON)"

.PHONY: help install lint test demo bench bench-accuracy bench-dock bench-synthesis screenshots package desktop clean system

help: ## list the targets
	@grep -hE '^[a-z-]+:.*## ' $(firstword $(MAKEFILE_LIST)) | sort \
		| awk -F ':.*## ' '{printf "  make %-15s %s\n", $$1, $$2}'

install: $(DEV_STAMP) ## QGIS (apt) and the engine's environment with the tools of development

lint: $(DEV_STAMP) ## ruff, mypy, bandit and detect-secrets
	$(ENGINE_PYTHON) -m ruff check .
	$(ENGINE_PYTHON) -m ruff format --check .
	$(ENGINE_PYTHON) -m mypy
	$(ENGINE_PYTHON) -m bandit --quiet --recursive __init__.py hsi_film_plugin
	$(ENGINE_PYTHON) -m bandit --quiet --recursive --severity-level medium tools $(wildcard bench)
	git ls-files -z | xargs -0 $(ENGINE_PYTHON) -m detect_secrets.pre_commit_hook --no-verify

test: $(DEV_STAMP) | $(BUILD)/run ## all tests: the engine's in its environment, QGIS's in QGIS's Python
	@rm -rf "$(BUILD)/test-home" && mkdir -p "$(BUILD)/test-home"
	@status=0; \
	echo "== engine: $$($(ENGINE_PYTHON) -V), $(ENGINE)"; \
	$(ENGINE_PYTHON) -m pytest test/engine $(wildcard test/tools test/bench) $(PYTEST_ARGS) || status=$$?; \
	echo "== QGIS: $$($(QGIS_PYTHON) -V), $(QGIS_PYTHON)"; \
	$(headless) XDG_DATA_HOME="$(BUILD)/test-home" XDG_CACHE_HOME="$(BUILD)/test-home/cache" QGIS_CUSTOM_CONFIG_PATH="$(BUILD)/test-home/qgis" \
		$(QGIS_PYTHON) -m pytest test --ignore=test/engine --ignore=test/tools --ignore=test/bench \
		$(PYTEST_ARGS) || status=$$?; \
	exit $$status

demo: $(ENGINE_STAMP) | $(BUILD)/run ## a class map of the sample scene, or of RASTER= LABELS= FIELD=
	@$(headless) $(QGIS_PYTHON) -m tools.demo --output "$(BUILD)/demo" --engine-python "$(ENGINE_PYTHON)" \
		$(if $(RASTER),--raster "$(RASTER)") $(if $(LABELS),--labels "$(LABELS)") \
		$(if $(FIELD),--field "$(FIELD)")

bench: $(DEV_STAMP) ## accuracy, time and memory, beside peers and controls
	$(ENGINE_PYTHON) -m bench

bench-dock: $(DEV_STAMP) ## how fast the dock answers, within QGIS
	$(ENGINE_PYTHON) -m bench --only dock

bench-accuracy: $(DEV_STAMP) ## tables against peers and controls; DATA= folder of .mat scenes, SEEDS=
	$(ENGINE_PYTHON) -m bench.accuracy --seeds $(SEEDS) $(if $(DATA),--data "$(DATA)") --docs

bench-synthesis: $(DEV_STAMP) ## whether synthetic samples help, beside cheap remedies; SEEDS=
	$(ENGINE_PYTHON) -m bench.synthesis all --seeds $(SEEDS) --workers $(WORKERS) --docs

screenshots: $(ENGINE_STAMP) ## pictures of the dock under docs/images
	$(ENGINE_PYTHON) -m tools.screenshots --output docs/images --work "$(BUILD)/screenshots"

package: $(DEV_STAMP) ## build/hsi_film_plugin.zip, checked
	$(ENGINE_PYTHON) -m tools.package --output "$(BUILD)/hsi_film_plugin.zip" --check

desktop: $(ENGINE_STAMP) ## QGIS with the plugin, in a throw-away profile
	@$(QGIS_PYTHON) -m tools.qgis_profile "$(BUILD)/profile"
	HSIFILM_ENGINE_PYTHON="$(ENGINE_PYTHON)" PATH="/usr/bin:/bin:$$PATH" \
		/usr/bin/qgis --profiles-path "$(BUILD)/profile"

clean: ## remove build/ (the engine's environment too)
	rm -rf "$(BUILD)"

system:
	@tools/install_system_packages.sh

# The module reuses what is there; the stamps spare asking it each time.
$(ENGINE_STAMP): $(ENGINE_REQUIREMENTS) | system
	@echo "== the engine's environment: $(ENGINE)"
	@$(BUILD_ENGINE)
	@touch "$@"

$(DEV_STAMP): requirements-dev.txt $(ENGINE_STAMP)
	@$(BUILD_ENGINE) --extra $<
	@$(ENGINE_PYTHON) -m pip check
	@touch "$@"

# Qt wants the folder to be the user's alone.
$(BUILD)/run:
	@mkdir -p -m 700 "$@"
