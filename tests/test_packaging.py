"""Set-up: what is declared, pinned, installed and documented in different files agrees."""

import ast
import http.server
import os
import re
import shlex
import shutil
import socket
import subprocess
import sys
import threading
import time
import tomllib
import zipfile
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path

import pytest
import yaml
from nbformat import v4, write
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

ROOT = Path(__file__).resolve().parents[1]
CONFIGURED = tomllib.loads((ROOT / "pyproject.toml").read_text())
PROJECT = CONFIGURED["project"]
EXTRAS = PROJECT["optional-dependencies"]
DECLARED = [Requirement(line) for line in PROJECT["dependencies"] + EXTRAS["dev"]]
PINS = {
    canonicalize_name(requirement.name): requirement
    for line in (ROOT / "constraints.txt").read_text().splitlines()
    if not line.startswith("#")
    for requirement in [Requirement(line)]
}
CPU_INDEX = "https://download.pytorch.org/whl/cpu"


@pytest.mark.parametrize("requirement", DECLARED, ids=str)
def test_every_dependency_is_pinned_to_a_version_that_is_allowed_and_tested(requirement):
    (pin,) = PINS[canonicalize_name(requirement.name)].specifier
    assert pin.operator == "=="
    assert requirement.specifier.contains(pin.version)
    if requirement.marker and not requirement.marker.evaluate():
        pytest.skip("there is no wheel for this Python or processor")
    installed = Version(version(requirement.name)).public  # without +cpu
    assert installed == pin.version, "make installs what constraints.txt names"


@pytest.mark.parametrize("extra", sorted(EXTRAS.keys() - {"dev"}))  # not in `make test`
def test_every_extra_is_pinned_to_a_version_that_is_allowed(extra):
    for requirement in map(Requirement, EXTRAS[extra]):
        (pin,) = PINS[canonicalize_name(requirement.name)].specifier
        assert requirement.specifier.contains(pin.version)


def test_all_pins_are_exact():
    assert all([s.operator for s in pin.specifier] == ["=="] for pin in PINS.values())


@pytest.mark.parametrize(
    ("python", "machine", "expected"),
    [
        ("3.11", "x86_64", True), ("3.13", "arm64", True), ("3.13", "AMD64", True),
        ("3.14", "x86_64", False), ("3.14", "arm64", False),
        ("3.12", "aarch64", False), ("3.12", "ARM64", False),
    ],
)  # fmt: skip
def test_box2d_is_installed_only_where_it_has_a_wheel(python, machine, expected):
    """PyPI has wheels of Box2D 2.3.10 up to Python 3.13, and none for ARM but Apple's."""
    (box2d,) = [r for r in DECLARED if "box2d" in r.extras]
    place = {"python_version": python, "platform_machine": machine}
    assert box2d.marker.evaluate(place) == expected
    (extra,) = map(Requirement, EXTRAS["box2d"])  # asked for, it is never silently left out
    assert extra.marker is None


@pytest.mark.parametrize(("machine", "expected"), [("x86_64", 1), ("arm64", 1), ("ARM64", 0)])
def test_ray_is_installed_only_where_it_has_a_wheel(machine, expected):
    """PyPI has wheels of Ray 2.60.0 for Python 3.11 to 3.14, but none for Windows on ARM."""
    (ray,) = [r for r in DECLARED if r.name == "ray"]
    assert ray.marker.evaluate({"platform_machine": machine}) == expected
    (extra,) = map(Requirement, EXTRAS["cluster"])  # asked for, it is never silently left out
    assert (extra.marker, extra.specifier) == (None, ray.specifier)


def test_uv_takes_the_same_versions_and_the_cpu_build_on_linux():
    uv = CONFIGURED["tool"]["uv"]
    for pin in map(Requirement, uv["constraint-dependencies"]):
        assert pin.specifier == PINS[pin.name].specifier
    source = uv["sources"]["torch"]
    assert source["marker"] == "sys_platform == 'linux'"
    (index,) = uv["index"]
    assert (index["name"], index["url"], index["explicit"]) == (source["index"], CPU_INDEX, True)
    assert CONFIGURED["dependency-groups"]["dev"] == [f"{PROJECT['name']}[dev]"]


def test_conda_installs_this_folder_with_its_pins():
    """environment.yml declares no version of its own: it installs what pyproject.toml says."""
    lines = [line.strip() for line in (ROOT / "environment.yml").read_text().splitlines()]
    items = [line[2:] for line in lines if line.startswith("- ")]
    own = [item for item in items if not item.startswith(("--", "python=", "pip", "conda-forge"))]
    (torch,) = map(Requirement, own)
    (python,) = [item.removeprefix("python=") for item in items if item.startswith("python=")]
    tag = "cp" + python.replace(".", "")
    (pin,) = PINS["torch"].specifier
    wheel = f"torch-{pin.version}%2Bcpu-{tag}-{tag}-manylinux_2_28_x86_64.whl"
    assert torch.url == f"{CPU_INDEX}/{wheel}"
    assert torch.marker.evaluate({"sys_platform": "linux", "platform_machine": "x86_64"})
    assert not torch.marker.evaluate({"sys_platform": "darwin", "platform_machine": "x86_64"})
    assert {"--constraint constraints.txt", "--editable .[dev]"} <= set(items)
    assert Version(python) >= Version(PROJECT["requires-python"].removeprefix(">="))
    assert f"name: {PROJECT['name']}" in lines


@pytest.fixture(scope="module")
def installed(tmp_path_factory) -> Path:
    """Where pip has installed this project's wheel, as any other, and nothing else."""
    folder = tmp_path_factory.mktemp("package")
    shutil.copytree(ROOT / "helpers", folder / "source" / "helpers")
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, folder / "source")
    pip = [sys.executable, "-m", "pip", "--quiet", "--disable-pip-version-check"]
    pip += ["wheel", "--no-deps", "--no-index", "--no-build-isolation", "--wheel-dir", folder]
    subprocess.run([*pip, folder / "source"], check=True)
    (wheel,) = folder.glob("*.whl")
    zipfile.ZipFile(wheel).extractall(folder / "site")
    return folder / "site"


def test_the_wheel_holds_every_module_and_the_table_of_the_optimum(installed):
    files = {path.relative_to(ROOT) for path in (ROOT / "helpers").rglob("*.py")}
    files |= {path.relative_to(ROOT) for path in (ROOT / "helpers").rglob("*.npz")}
    assert any(path.suffix == ".npz" for path in files)
    found = {path.relative_to(installed) for path in installed.rglob("*") if path.is_file()}
    assert {path for path in found if path.parts[0] == "helpers"} == files


LOAD = """
import helpers.pendulum
from helpers.pendulum import load_optimum
load_optimum()
print(helpers.pendulum.__file__)
"""


def run(code: str, path: Path, folder: Path) -> str:
    """What a script prints that finds helpers only in `path`."""
    environ = os.environ | {"PYTHONPATH": str(path)}
    command = [sys.executable, "-P", "-c", code]
    return subprocess.check_output(command, env=environ, cwd=folder, text=True)


def test_the_installed_package_finds_its_table_of_the_optimum(installed, tmp_path):
    assert Path(run(LOAD, installed, tmp_path).strip()).is_relative_to(installed)


TRAIN = """
import numpy as np
from helpers.agent import DDPG
from helpers.environment import make_env
from helpers.recipes import Recipe
from helpers.training import train
env = make_env(seed=0)
agent = DDPG(env, seed=0, recipe=Recipe(learning_starts=64))
print(len(train(env, agent, 100)["critic_loss"][0]))
"""


def test_the_algorithm_can_be_copied_alone_and_trains(tmp_path):
    """The modules at the top level, without a subpackage, and with three libraries."""
    allowed = sys.stdlib_module_names | {"helpers", "torch", "numpy", "gymnasium"}
    (tmp_path / "helpers").mkdir()
    for path in (ROOT / "helpers").glob("*.py"):
        shutil.copy(path, tmp_path / "helpers")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            names = [node.module] if isinstance(node, ast.ImportFrom) else []
            names += [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            assert {name.partition(".")[0] for name in names} <= allowed, path.name
    assert run(TRAIN, tmp_path, tmp_path).strip() == str(100 - 63)


@pytest.fixture
def index():
    """The addresses of two servers: one that answers, and one that never does."""
    handler = http.server.SimpleHTTPRequestHandler
    handler.log_message = lambda *_: None
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    server.RequestHandlerClass.do_GET = lambda self: self.send_response(200) or self.end_headers()
    threading.Thread(target=server.serve_forever, daemon=True).start()
    with socket.create_server(("127.0.0.1", 0)) as silent:
        ports = {"answers": server.server_port, "silent": silent.getsockname()[1]}
        yield {name: f"http://127.0.0.1:{port}" for name, port in ports.items()} | {"none": ""}
    server.shutdown()


@pytest.mark.skipif(not shutil.which("make"), reason="make is missing")
@pytest.mark.parametrize("kind", ["answers", "silent", "none"])
def test_make_takes_torch_from_its_index_if_that_answers_within_seconds(kind, index, tmp_path):
    """With a stand-in for pip: what make would install, from where, and how long it waits."""
    python = tmp_path / "bin" / "python"
    python.parent.mkdir()
    python.write_text(
        f'#!/bin/sh\ncase $1 in -c) exec {shlex.quote(sys.executable)} "$@";; esac\n'
        f'echo "$@" >> {shlex.quote(str(tmp_path / "log"))}\n'
    )
    python.chmod(0o755)
    begun = time.monotonic()
    make = ["make", f"{tmp_path}/.installed", f"VENV={tmp_path}", f"PYTHON={sys.executable}"]
    make += [f"TORCH_INDEX={index[kind]}"]
    answer = subprocess.run(make, cwd=ROOT, capture_output=True, text=True, check=True)
    assert time.monotonic() - begun < 20
    calls = (tmp_path / "log").read_text().splitlines()
    assert ("can't be reached" in answer.stdout) == (kind == "silent")
    if kind == "answers":
        assert calls.pop(0).endswith(f"--no-deps --index-url {index[kind]} torch")
    (call,) = calls
    assert "--only-binary :all: --constraint constraints.txt" in call
    assert call.endswith("--editable .[dev]")


@pytest.mark.parametrize("missing", [False, True])
def test_without_box2d_the_outputs_that_need_it_are_not_compared(missing, tmp_path):
    """A cell tagged `box2d` prints something else there; it runs all the same."""
    if not missing and not find_spec("Box2D"):
        pytest.skip('Box2D is missing, see README: pip install ".[box2d]"')
    shutil.copy(ROOT / "conftest.py", tmp_path)
    blocked = "import sys; sys.modules['Box2D'] = None\n" if missing else ""
    (tmp_path / "plugin.py").write_text(blocked)
    text = v4.new_output("stream", name="stdout", text="as it was\n")
    cell = v4.new_code_cell("print('different')", execution_count=1, outputs=[text])
    cell.metadata["tags"] = ["box2d"]
    write(v4.new_notebook(cells=[cell]), tmp_path / "a.ipynb")
    command = [sys.executable, "-m", "pytest", "-p", "plugin", "--nbval", "-q", "a.ipynb"]
    answer = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=120)
    assert ("1 failed" in answer.stdout) == (not missing), answer.stdout + answer.stderr


def test_every_command_of_the_readmes_start_exists():
    start = (ROOT / "README.md").read_text().partition("## Start\n")[2].partition("\n## ")[0]
    blocks = re.findall(r"```console\n(.*?)```", start, flags=re.DOTALL)
    lines = [line.partition("#")[0].strip() for block in blocks for line in block.splitlines()]
    makefile = (ROOT / "Makefile").read_text()
    assert {"make lab", "make test", "pytest --nbval notebooks"} <= set(lines)
    for line in lines:
        program, *arguments = line.split()
        if program == "make":
            assert re.search(rf"^{arguments[0]}:", makefile, flags=re.MULTILINE)
        for argument in arguments:
            if argument.endswith((".ipynb", ".txt", ".yml")) or argument == "notebooks":
                assert (ROOT / argument).exists()
        if found := re.search(r'"\.\[(\w+)\]"', line):
            assert found[1] in EXTRAS
    for name in ("README.md", "environment.yml", "Makefile"):
        assert CPU_INDEX in (ROOT / name).read_text()


def test_the_workflow_runs_what_exists_on_every_python():
    workflow = yaml.safe_load((ROOT / ".github/workflows/tests_and_site.yml").read_text())
    jobs, makefile = workflow["jobs"], (ROOT / "Makefile").read_text()
    versions = jobs["tests"]["strategy"]["matrix"]["python"]
    assert versions == ["3.11", "3.12", "3.13", "3.14"]
    runs = [step["run"] for job in jobs.values() for step in job["steps"] if "run" in step]
    assert {run.split()[1] for run in runs} == {"test", "browser"}
    assert re.search("^browser: site$", makefile, re.MULTILINE), "it publishes build/site"
    (upload,) = [s for s in jobs["site"]["steps"] if "upload-pages" in s.get("uses", "")]
    assert upload["with"]["path"] == "build/site"
    assert upload["if"] == jobs["publish"]["if"] == "github.ref == 'refs/heads/main'"


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
