"""Set-up: what is declared, pinned and installed in different files agrees."""

import re
import tomllib
from importlib.metadata import version
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

ROOT = Path(__file__).resolve().parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
DECLARED = [
    Requirement(line) for line in PROJECT["dependencies"] + PROJECT["optional-dependencies"]["dev"]
]
PINS = {
    canonicalize_name(requirement.name): requirement
    for line in (ROOT / "constraints.txt").read_text().splitlines()
    if not line.startswith("#")
    for requirement in [Requirement(line)]
}


@pytest.mark.parametrize("requirement", DECLARED, ids=lambda r: r.name)
def test_every_dependency_is_pinned_to_a_version_that_is_allowed_and_tested(requirement):
    (pin,) = PINS[canonicalize_name(requirement.name)].specifier
    assert pin.operator == "=="
    assert requirement.specifier.contains(pin.version)
    installed = Version(version(requirement.name)).public  # without +cpu
    assert installed == pin.version, "make installs what constraints.txt names"


@pytest.mark.parametrize("group", ["browser", "benchmark"])  # which `make test` does not install
def test_every_extra_is_pinned_to_a_version_that_is_allowed(group):
    for requirement in map(Requirement, PROJECT["optional-dependencies"][group]):
        (pin,) = PINS[canonicalize_name(requirement.name)].specifier
        assert requirement.specifier.contains(pin.version)


def test_all_pins_are_exact():
    assert all([s.operator for s in pin.specifier] == ["=="] for pin in PINS.values())


def test_conda_installs_this_folder_with_its_pins():
    """environment.yml declares no dependency of its own: it installs what pyproject.toml says."""
    lines = [line.strip() for line in (ROOT / "environment.yml").read_text().splitlines()]
    items = [line[2:] for line in lines if line.startswith("- ")]
    own = [item for item in items if not item.startswith(("--", "python=", "pip", "conda-forge"))]
    assert own == []
    assert {"--constraint constraints.txt", "--editable .[dev]"} <= set(items)
    (python,) = [item.removeprefix("python=") for item in items if item.startswith("python=")]
    assert Version(python) >= Version(PROJECT["requires-python"].removeprefix(">="))
    assert f"name: {PROJECT['name']}" in lines


def test_the_readme_names_the_same_cpu_index_as_conda_and_make():
    index = "https://download.pytorch.org/whl/cpu"
    for name in ("README.md", "environment.yml", "Makefile"):
        assert index in (ROOT / name).read_text()


DOORS = (
    r"--(Server|Notebook|Lab|Identity)App\.|--(Identity|Password)\w*Provider|[-.]ip\b|--no-browser"
    r"|allow[-_](root|origin|remote|unauthenticated|credentials)|disable_check_xsrf|token|password"
)


def set_up() -> list[Path]:
    """Every file that could start JupyterLab or configure it; the tests that drive one aside."""
    names = ["Makefile", "environment.yml", "pyproject.toml", ".ci/*", "binder/*", "README.md"]
    names += ["conftest.py", "postBuild", "start", "*.sh", "Dockerfile", ".devcontainer/*"]
    found = [path for name in names for path in ROOT.glob(name) if path.is_file()]
    configured = [*ROOT.rglob("jupyter*config*.py"), *ROOT.rglob("jupyter*config*.json")]
    return found + [path for path in configured if ".venv" not in path.parts]


def test_lab_keeps_its_door():
    """Nothing opens JupyterLab to other machines, to root, or without its token."""
    assert {path.name for path in set_up()} >= {"Makefile", "environment.yml", "run"}
    for path in set_up():
        text = path.read_text(encoding="utf-8")
        assert not (found := re.search(DOORS, text)), f"{path.name}: {found[0]}"


@pytest.mark.parametrize(
    "option",
    [
        "jupyter lab --ip=0.0.0.0", "--ServerApp.token=''", "c.ServerApp.ip = '*'", "--allow-root",
        "jupyter lab --no-browser", "--ServerApp.allow_origin='*'", "c.ServerApp.password = ''",
        "--IdentityProvider.token=''", "c.ServerApp.disable_check_xsrf = True",
        "c.ServerApp.allow_remote_access = True", "NOTEBOOK_ALLOW_ROOT=1 --allow_root",
    ],
)  # fmt: skip
def test_an_open_door_would_be_noticed(option):
    assert re.search(DOORS, option)
