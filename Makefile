# make demo   sets up and shows what a failure of Falcon does to the US federal cloud market
# make test   sets up and runs the tests
# make check  lint, types, laws of imports, the picture of the house
# make docs   the pages of docs/ as a site, out/site/index.html
# Set-up lives in .venv and is skipped when it is current. PYTHON=python3.13 picks another Python.
PYTHON ?= python3
BIN := .venv/bin
SETUP := pyproject.toml setup.py
export PIP_DISABLE_PIP_VERSION_CHECK := 1

.PHONY: demo test check docs serve clean

demo: .venv/.base
	@echo "Who could be hit:"
	@$(BIN)/knockon whatif samples/federal-cloud-2024 "Falcon Platform" --top 15 --svg out/falcon.svg
	@echo; echo "What past incidents make typical:"
	@$(BIN)/knockon whatif samples/federal-cloud-2024 "Falcon Platform" --top 0 --strengths incidents
	@echo; echo "The ten strengths worth asking for:"
	@$(BIN)/knockon strengths samples/federal-cloud-2024 "Falcon Platform" --strengths incidents

test: .venv/.test
	$(BIN)/python -m pytest -q -n auto --maxprocesses 4 --dist loadfile

check: .venv/.dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python docs/house.py --check
	$(BIN)/python docs/client.py --check

docs: .venv/.dev
	NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build -q

serve: .venv/.base
	$(BIN)/knockon serve samples/federal-cloud-2024 samples/crowdstrike-2024

.venv/.base: $(SETUP)
	@$(PYTHON) -c 'import sys; sys.exit(None if sys.version_info >= (3, 11) else "knockon needs Python 3.11 or later, this is %d.%d: make PYTHON=python3.13 ..." % sys.version_info[:2])'
	@echo "setting up .venv (once; needs PyPI)"
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv
	@$(BIN)/python -m pip install -q -e .
	@$(BIN)/python -m compileall -q src/knockon graph loaders api client
	@mkdir -p out && touch $@

.venv/.test: .venv/.base
	@$(BIN)/python -m pip install -q -e '.[test]'
	@touch $@

.venv/.dev: .venv/.test
	@$(BIN)/python -m pip install -q -e '.[dev]'
	@touch $@

clean:
	rm -rf .venv out build *.egg-info
