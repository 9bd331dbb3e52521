# make lab     the notebooks, in JupyterLab on this machine
# make site    the same as a website, in build/site
# make test    lint, unit tests, and every notebook from top to bottom
#
# On Linux both install PyTorch's CPU build. For CUDA, which takes gigabytes:  make lab TORCH_INDEX=
# (in an installed environment, first `rm -r .venv`).

PYTHON      ?= python3
VENV        ?= .venv
WORKERS     ?= 2
LAB_OPTIONS ?=
ifeq ($(shell uname -s),Linux)
TORCH_INDEX ?= https://download.pytorch.org/whl/cpu
endif

BIN       := $(VENV)/bin
INSTALLED := $(VENV)/.installed
PAGES     := README.md CONTRIBUTING.md CHANGELOG.md LICENSE helpers notebooks results
# wheels only: nothing is ever compiled
PIP       := $(BIN)/python -m pip install --disable-pip-version-check --quiet \
	--only-binary :all: --constraint constraints.txt
REACHED   := $(BIN)/python -c 'from urllib.request import urlopen; urlopen("$(TORCH_INDEX)/torch/", timeout=3)' 2>/dev/null

.PHONY: lab site test browser lint sync notebooks
.DEFAULT_GOAL := lab

$(INSTALLED): pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(0 if sys.version_info >= (3, 11) else "Python 3.11 or newer is needed: make PYTHON=python3.12 …")'
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
ifneq ($(TORCH_INDEX),)
	@if $(REACHED); then set -x; $(PIP) --no-deps --index-url $(TORCH_INDEX) torch; else \
		echo "$(TORCH_INDEX) can't be reached: PyTorch comes from pip's usual index."; fi
endif
	$(PIP) --editable '.[dev]'
	touch $@

lab: $(INSTALLED)
	$(BIN)/jupyter lab $(LAB_OPTIONS) notebooks/00_the_whole_picture.ipynb

# the pages are copies: next to them, Sphinx finds whatever they link to
site: $(INSTALLED)
	$(PIP) --editable '.[site]'
	rm -rf build/pages build/site && mkdir -p build/pages
	cp -R $(PAGES) site/*.md site/pendulum build/pages
	$(BIN)/sphinx-build --fail-on-warning --keep-going --quiet --jobs auto --conf-dir site -d build/doctrees build/pages build/site
	@echo "The site is built: open $(CURDIR)/build/site/index.html through a web server, such as"
	@echo "  $(BIN)/python -m http.server --bind 127.0.0.1 --directory build/site"

# test_many_seeds runs by itself: its Ray cluster opens many ports, and might take one that Jupyter has
# found free for a kernel and not yet bound
test: lint
	$(BIN)/pytest tests/test_many_seeds.py
	$(BIN)/pytest --numprocesses $(WORKERS) --dist loadfile --ignore tests/browser --ignore tests/test_many_seeds.py tests
	$(BIN)/pytest --numprocesses $(WORKERS) --dist loadfile --nbval notebooks

# the notebooks in a real JupyterLab, and the site, in Chromium (Debian: apt-get install chromium)
browser: site
	$(PIP) --editable '.[browser]'
	$(BIN)/pytest --numprocesses $(WORKERS) --dist worksteal tests/browser

lint: $(INSTALLED)
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/lint-imports --no-logo --no-cache
	$(BIN)/python tools/notebooks.py sync --check

# for maintainers: copy edited definitions into the notebooks that quote them; re-execute all notebooks
sync: $(INSTALLED)
	$(BIN)/python tools/notebooks.py sync

notebooks: sync
	$(BIN)/python tools/notebooks.py run
