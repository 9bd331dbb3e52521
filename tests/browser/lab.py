"""A real JupyterLab in a headless Chromium, driven by Playwright, and what other tests share."""

import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

ROOT = Path(__file__).resolve().parents[2]
SHOTS = Path(os.environ.get("SHOTS", ROOT / ".shots"))
SIZES = {375: 667, 900: 800, 1920: 1080}  # a phone, a tablet, a large screen
CHROMIUM = shutil.which("chromium") or shutil.which("google-chrome")
TOKEN = "browser-test"
OPTIONS = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
]  # fmt: skip
SETTINGS = {  # no news, no autosave; and all cells drawn, also those out of sight
    "apputils-extension/notification": {"fetchNews": "false", "checkForUpdates": False},
    "docmanager-extension/plugin": {"autosave": False},
    "notebook-extension/tracker": {"windowingMode": "none"},
}
# These look at the document's model and not at what is drawn, so that scrolling does not matter.
CONNECTED = """async () => {
    await jupyterapp.restored;
    const panel = jupyterapp.shell.currentWidget;
    await panel.context.ready; await panel.sessionContext.ready;
    const kernel = panel.sessionContext.session?.kernel;
    if (!kernel) return false;
    await kernel.info;
    window.pictures = [...panel.content.model.cells].map(() => new Set());
    [...panel.content.model.cells].forEach((cell, i) => cell.outputs?.changed.connect(outputs => {
        for (let k = 0; k < outputs.length; k++) {
            const html = outputs.get(k).data['text/html'];
            if (html?.includes('<img')) window.pictures[i].add(html.length + html.slice(-600));
        }
    }));
    return kernel.status === 'idle';
}"""
RUN = """() => {
    window.ended = false;
    jupyterapp.commands.execute('notebook:run-all-cells').then(() => { window.ended = true; });
}"""
RUN_ONE = """index => {
    window.ended = false;
    jupyterapp.shell.currentWidget.content.activeCellIndex = index;
    jupyterapp.commands.execute('notebook:run-cell').then(() => { window.ended = true; });
}"""
ASK = """async code => {
    const kernel = jupyterapp.shell.currentWidget.sessionContext.session.kernel;
    const future = kernel.requestExecute({ code, store_history: false });
    let text = '';
    future.onIOPub = message => { text += message.content.text ?? ''; };
    await future.done;
    return text;
}"""
CELLS = """() => [...jupyterapp.shell.currentWidget.content.model.cells].map((cell, i) => ({
    index: i, type: cell.type, source: cell.sharedModel.getSource(),
    count: cell.executionCount ?? null, pictures: window.pictures[i].size,
    outputs: cell.outputs ? cell.outputs.toJSON() : [],
}))"""


def watch(page, problems: list[str], requests: list[str]) -> None:
    """Note what goes wrong on a page, and what it asks for."""
    page.on("console", lambda m: m.type in ("error", "warning") and problems.append(m.text))
    page.on("pageerror", lambda error: problems.append(str(error)))
    page.on("requestfailed", lambda request: problems.append(request.url))
    page.on("request", lambda request: requests.append(request.url))


def wait_for(what: Callable[[], object], words: str, seconds: float = 60, every: float = 0.2):
    """What `what()` gives as soon as it is true; an AssertionError if that takes too long."""
    deadline = time.monotonic() + seconds
    while not (found := what()):
        assert time.monotonic() < deadline, f"waited {seconds:.0f} s in vain: {words}"
        time.sleep(every)
    return found


class Lab:
    """JupyterLab, serving a copy of the notebooks in `folder`."""

    def __init__(self, folder: Path):
        self.folder, state = folder, folder / ".state"
        for name in ("notebooks", "helpers", "results"):
            shutil.copytree(ROOT / name, folder / name)
        for name, value in SETTINGS.items():
            path = state / "settings" / "@jupyterlab" / f"{name}.jupyterlab-settings"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(json.dumps(value))
        places = {
            "JUPYTER_CONFIG_DIR": "config", "JUPYTER_DATA_DIR": "data", "IPYTHONDIR": "ipython",
            "JUPYTER_RUNTIME_DIR": "runtime", "JUPYTERLAB_SETTINGS_DIR": "settings",
            "JUPYTERLAB_WORKSPACES_DIR": "workspaces",
        }  # fmt: skip
        environment = os.environ | {name: str(state / place) for name, place in places.items()}
        environment |= {"PYTHONPATH": str(folder), "OMP_NUM_THREADS": "1"}
        command = [
            Path(sys.executable).with_name("jupyter"), "lab", "--no-browser", "--allow-root",
            "--expose-app-in-browser", "--ServerApp.port=0", f"--ServerApp.root_dir={folder}",
            f"--IdentityProvider.token={TOKEN}",
        ]  # fmt: skip
        with open(folder / "server.log", "w") as log:
            self.process = subprocess.Popen(command, env=environment, stdout=log, stderr=log)
        self.url = wait_for(lambda: self.answers(state / "runtime"), "JupyterLab did not start")

    def answers(self, runtime: Path) -> str | None:
        """The address at which the server answers, once it does; port 0 was any free one."""
        for path in runtime.glob("jpserver-*.json"):
            try:
                url = json.loads(path.read_text())["url"]
                urlopen(f"{url}api/status?token={TOKEN}", timeout=2)
            except (OSError, ValueError, URLError):
                continue
            return url
        return None

    def stop(self) -> None:
        """End the server and its kernels."""
        self.process.terminate()
        self.process.wait(30)


class Opened:
    """A notebook that is open in the browser, its kernel ready."""

    def __init__(self, page, lab: Lab, name: str):
        self.page = page
        page.goto(f"{lab.url}lab/tree/notebooks/{name}?token={TOKEN}&reset")
        page.wait_for_function("() => window.jupyterapp && jupyterapp.shell.currentWidget?.content")
        wait_for(lambda: page.evaluate(CONNECTED), "its kernel did not get ready")

    def run(self, index: int | None = None) -> None:
        """Run all cells, or the one at `index`; returns at once."""
        self.page.evaluate(*((RUN,) if index is None else (RUN_ONE, index)))

    def ended(self) -> bool:
        """Whether all cells have run."""
        return self.page.evaluate("() => window.ended")

    def cells(self) -> list[dict]:
        """The code cells: source, count, outputs, and how many pictures each has shown."""
        return [cell for cell in self.page.evaluate(CELLS) if cell["type"] == "code"]

    def pictures(self, index: int | None = None) -> int:
        """How many different pictures the cell at `index` has shown, or the last code cell."""
        cells = self.cells()
        return next((c for c in cells if c["index"] == index), cells[-1])["pictures"]

    def printed(self) -> str:
        """What the last code cell printed."""
        outputs = self.cells()[-1]["outputs"]
        return "".join("".join(o["text"]) for o in outputs if o["output_type"] == "stream")

    def ask(self, expression: str) -> str:
        """What the idle kernel prints for a Python expression."""
        return self.page.evaluate(ASK, f"print({expression})").strip()

    def command(self, name: str) -> None:
        """Do what a menu's entry does, without waiting for it."""
        self.page.evaluate(f"() => {{ jupyterapp.commands.execute('{name}') }}")
