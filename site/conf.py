"""How Sphinx builds the site: `make site`. The pages are copies of the repository's own files."""

import re
import sys
from importlib.util import find_spec
from pathlib import Path

import nbformat
from docutils import nodes
from sphinx import addnodes
from sphinx.application import Sphinx

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))  # tools, and helpers for their docstrings

from tools import notebook_io  # noqa: E402

project = "DDPG, piece by piece"
extensions = ["myst_nb", "sphinx.ext.autodoc", "sphinx.ext.viewcode", "sphinx_pele"]

# Markdown as GitHub and JupyterLab show it: formulas between dollars, links to headings
myst_enable_extensions = ["dollarmath", "html_image"]
myst_heading_anchors = 4
myst_heading_slug_func = "tools.notebook_io.slug"
nb_execution_mode = "off"
nb_code_prompt_show = "Show the imports"
nb_code_prompt_hide = "Hide the imports"

autodoc_member_order = "bysource"
autodoc_preserve_defaults = True
autodoc_typehints = "none"
default_role = "code"
toc_object_entries = False  # a thousand of them, copied for every page: a fifth of the time

html_theme = "sphinx_book_theme"
html_title = project
html_favicon = "static/icon.svg"
html_use_index = html_domain_indices = html_show_copyright = html_show_sphinx = False
MATHJAX = find_spec("sphinx-mathjax-offline").submodule_search_locations[0]
html_static_path = ["static", "pendulum", f"{MATHJAX}/static"]
html_css_files = ["site.css"]
html_context = {"default_mode": "auto"}  # light or dark, as the reader's system
mathjax_path = "mathjax/tex-chtml.js"
html_theme_options = {
    "logo": {"text": project},
    "search_bar_text": "Search",
    "navbar_persistent": [],
    "secondary_sidebar_items": {"**": ["page-toc.html"], "index": []},
    "footer_content_items": [],
    "use_fullscreen_button": False,
}
if repository := notebook_io.repository():
    html_theme_options |= {
        "repository_url": repository,
        "repository_branch": notebook_io.BRANCH,
        "use_repository_button": True,
        "launch_buttons": {
            "colab_url": "https://colab.research.google.com",
            "binderhub_url": "https://mybinder.org",
            "notebook_interface": "jupyterlab",
        },
    }


def prepare(app: Sphinx, docname: str, source: list[str]) -> None:
    """Turn a page's text into what the site shows; the files stay as they are."""
    if docname == "diagnosis_card":
        source[0] += card()
    elif docname.startswith("notebooks/"):
        notebook = nbformat.reads(source[0], as_version=4)
        # the site has a navigation of its own
        notebook.cells = [c for c in notebook.cells if "navigation" not in notebook_io.tags(c)]
        for cell in notebook.cells:
            if cell.metadata.get("jupyter", {}).get("source_hidden"):
                cell.metadata.tags = [*notebook_io.tags(cell), "hide-input"]
            if cell.cell_type == "markdown":
                cell.source = without_markers(cell.source)
        source[0] = nbformat.writes(notebook)
    else:
        source[0] = without_markers(source[0])


def without_markers(text: str) -> str:
    """The text without the comments around generated parts: at a line's start they'd end it."""
    return notebook_io.GENERATED.sub(r"\4", text)


def card() -> str:
    """The table in notebook 11 that leads from the symptom to the cause."""
    path = next((ROOT / "notebooks").glob("11_*.ipynb"))
    cells = notebook_io.read(path).cells
    (text,) = [c.source for c in cells if c.source.startswith("## Diagnosis card\n")]
    table = text[text.index("|") :].replace("| here", f"| [11]({path.name})")
    return re.sub(r"\]\((?=\d\d_)", "](notebooks/", table)


def link_modules(app: Sphinx, doctree: nodes.document) -> None:
    """Make links to helpers' files lead to their documentation."""
    for node in list(doctree.findall(addnodes.download_reference)):
        folder = (ROOT / app.env.docname).parent
        path = (folder / node["reftarget"]).resolve()
        if path.suffix == ".py" and ROOT / "helpers" in path.parents:
            module = ".".join(path.relative_to(ROOT).with_suffix("").parts)
            link = addnodes.pending_xref(
                "", *node.children, refdomain="py", reftype="mod", reftarget=module, refwarn=True
            )
            node.replace_self(link)


def write_api(app: Sphinx) -> None:
    """Write a page for each package of helpers, from the tree: no module can be forgotten."""
    folder = Path(app.srcdir) / "api"
    folder.mkdir(exist_ok=True)
    for init in sorted((ROOT / "helpers").rglob("__init__.py")):
        package = ".".join(init.parent.relative_to(ROOT).parts)
        lines = [package, "=" * len(package), "", f".. automodule:: {package}"]
        for path in sorted(init.parent.glob("[a-z]*.py")):
            lines += ["", path.stem, "-" * len(path.stem), ""]
            lines += [f".. automodule:: {package}.{path.stem}", "   :members:"]
        (folder / f"{package}.rst").write_text("\n".join(lines) + "\n", encoding="utf-8")


def as_text(app: Sphinx, what, name, obj, options, lines: list[str]) -> None:
    """Docstrings are plain text with `code`: their other signs mean nothing to Sphinx."""
    for i, line in enumerate(lines):
        parts = re.split("(`[^`]*`)", line)
        lines[i] = "".join(p if p[:1] == "`" else re.sub(r"([*|_\\])", r"\\\1", p) for p in parts)


def setup(app: Sphinx) -> dict[str, bool]:
    """Connect all this to the build."""
    app.connect("builder-inited", write_api)
    app.connect("source-read", prepare)
    app.connect("doctree-read", link_modules, priority=400)  # before downloads are collected
    app.connect("autodoc-process-docstring", as_text)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
