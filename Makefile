# make lab     the notebooks, in JupyterLab on this machine
# make test    lint, unit tests, and every notebook from top to bottom
#
# On Linux, PyPI's torch brings gigabytes of CUDA libraries; for the CPU build:
#   make lab TORCH_INDEX=https://download.pytorch.org/whl/cpu

PYTHON      ?= python3
VENV        ?= .venv
WORKERS     ?= 2
TORCH_INDEX ?=
LAB_OPTIONS ?=

BIN       := $(VENV)/bin
INSTALLED := $(VENV)/.installed

.PHONY: lab test browser lint sync notebooks
.DEFAULT_GOAL := lab

$(INSTALLED): pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(0 if sys.version_info >= (3, 11) else "Python 3.11 or newer is needed: make PYTHON=python3.12 …")'
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --disable-pip-version-check --quiet $(if $(TORCH_INDEX),--extra-index-url $(TORCH_INDEX)) \
		--constraint constraints.txt --editable '.[dev]'
	touch $@

lab: $(INSTALLED)
	$(BIN)/jupyter lab $(LAB_OPTIONS) notebooks/00_the_whole_picture.ipynb

test: lint
	$(BIN)/pytest --numprocesses $(WORKERS) --dist loadfile --ignore tests/browser tests
	$(BIN)/pytest --numprocesses $(WORKERS) --dist loadfile --nbval notebooks

# the notebooks in a real JupyterLab in Chromium (Debian: apt-get install chromium)
browser: $(INSTALLED)
	$(BIN)/python -m pip install --disable-pip-version-check --quiet --constraint constraints.txt --editable '.[browser]'
	$(BIN)/pytest --numprocesses $(WORKERS) --dist worksteal tests/browser

lint: $(INSTALLED)
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/python tools/notebooks.py sync --check

# for maintainers: copy edited definitions into the notebooks that quote them; re-execute all notebooks
sync: $(INSTALLED)
	$(BIN)/python tools/notebooks.py sync

notebooks: sync
	$(BIN)/python tools/notebooks.py run
