# The verbs. Each sets up what it needs in $(VENV), from the hashed locks in requirements/.
VENV ?= .venv
SEED ?= 1
TASKS ?= 10000
KILLS ?= 50
PY := $(VENV)/bin/python
CORTEX := $(VENV)/bin/cortex
.PHONY: help demo test check bench chaos lab docs lock clean

help:
	@echo "make demo [SEED=7]  set up, then watch Cortex work on a simulated UniFi site"
	@echo "make lab [SEED=7]   the simulated site and Cortex, until Ctrl-C"
	@echo "make test           set up, then run the whole test suite"
	@echo "make check          formatter, linter, types, import contracts, generated pages"
	@echo "make bench          measure speed and memory against their goals"
	@echo "make chaos          kill workers, Redis, layers, activators and masters; keep a ledger [TASKS= KILLS= SEED=]"
	@echo "make docs           write the generated pages again"
	@echo "make lock           resolve the requirements again, with hashes"
	@echo "make clean          remove what set-up and checks made; no data folder"

demo:
	@scripts/venv $(VENV) runtime
	@$(CORTEX) demo --seed $(SEED)

lab:
	@scripts/venv $(VENV) runtime
	@$(CORTEX) lab --seed $(SEED)

test:
	@scripts/venv $(VENV) dev
	@$(PY) -m pytest -n 4 --dist worksteal $(PYTEST_ARGS)

check:
	@scripts/venv $(VENV) dev
	$(VENV)/bin/ruff format --check .
	$(VENV)/bin/ruff check .
	$(VENV)/bin/mypy
	$(VENV)/bin/lint-imports
	$(PY) docs/generate.py --check
	scripts/coverage $(PY)

bench:
	@scripts/venv $(VENV) dev
	@$(PY) -m benchmarks

chaos:
	@scripts/venv $(VENV) dev
	@$(PY) -m chaos --tasks $(TASKS) --kills $(KILLS) --seed $(SEED)

docs:
	@scripts/venv $(VENV) dev
	$(PY) docs/generate.py

lock:
	@scripts/venv $(VENV) dev
	scripts/lock $(VENV)

clean:
	rm -rf $(VENV) build dist src/*.egg-info .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache .coverage .coverage.*
