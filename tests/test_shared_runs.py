"""A full run is shared only where it is the same run."""

import pytest
from nbformat import v4

from tools import series, shared_runs

RUN = """env = make_env("Pendulum-v1", seed=SEED)
agent = DDPG(env, seed=SEED, actor=Actor)
history = train(env, agent, 10_000, callbacks=[Evaluate(), Controls(), LivePlot("all")])"""
SAME = RUN.replace(", actor=Actor", "").replace(", Controls(), LivePlot", ", LivePlot")


def notebook(run, name="Actor", claim="it learns"):
    def cell(source, *tags):
        return v4.new_code_cell(source, metadata={"tags": [*tags]})

    cells = [
        cell("SEED = 0", "imports"),
        cell(f"class {name}: pass", f"source:networks.{name}"),
        cell("claim('a thing before', 1, at_most=2)"),
        cell(run, "train", "full-run"),
        cell(f"_ = claim({claim!r}, 1, at_most=2)"),
    ]
    return v4.new_notebook(cells=cells)


@pytest.mark.parametrize(
    ("run", "same"),
    [
        (SAME, True),
        (SAME.replace("10_000", "10000"), True),
        (RUN.replace("actor=Actor", "actor=Other"), False),  # not the quoted cell
        (RUN.replace("10_000", "9_000"), False),
        (RUN.replace("seed=SEED, actor", "seed=1, actor"), False),
        (RUN.replace("Evaluate()", "Evaluate(every=300)"), False),
        (RUN.replace("LivePlot", "KeepBest"), False),
    ],
)
def test_only_what_cannot_matter_is_left_out(run, same):
    assert (shared_runs.full_run(notebook(run)) == shared_runs.full_run(notebook(RUN))) is same


@pytest.fixture
def root(tmp_path):
    (tmp_path / "notebooks").mkdir()
    for name, run, claim in [
        ("01_one", SAME, "it learns"),
        ("02_two", RUN, "it learns"),
        ("03_three", RUN, "it stands"),
        ("05_five", RUN.replace("10_000", "9_000"), "it learns"),
    ]:
        series.write(notebook(run, claim=claim), tmp_path / f"notebooks/{name}.ipynb")
    rows = [
        {
            "notebook": "01_one",
            "claim": claim,
            "worst": worst,
            "command": "… notebooks/01_one.ipynb",
        }
        for claim, worst in [("a thing before", "3"), ("it learns", "7")]
    ]
    series.replace_rows(tmp_path / "results/claims.csv", rows, [])
    return tmp_path


def test_the_same_claim_of_the_same_run_is_borrowed(root):
    (row,) = shared_runs.borrowed(root / "notebooks/02_two.ipynb", root)
    assert row == {
        "notebook": "02_two", "claim": "it learns", "worst": "7",
        "command": "… notebooks/01_one.ipynb",
    }  # fmt: skip


@pytest.mark.parametrize("name", ["01_one", "03_three", "05_five"])
def test_nothing_else_is(root, name):
    """Not from itself, not another claim, not another run."""
    assert shared_runs.borrowed(root / f"notebooks/{name}.ipynb", root) == []


def test_nothing_borrowed_is_lent_on(root):
    row = shared_runs.borrowed(root / "notebooks/02_two.ipynb", root)
    series.replace_rows(root / "results/claims.csv", row, ["01_one"])
    assert shared_runs.borrowed(root / "notebooks/01_one.ipynb", root) == []
