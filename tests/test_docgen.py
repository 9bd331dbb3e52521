"""Generated text: what the markers ask for, each by hand, and what can't be made."""

import json
from dataclasses import replace

import pytest
import sample_series
from nbformat import v4
from sample_series import tool

from helpers import recipes
from helpers.noise import Gaussian
from tools import docgen, notebook_io
from tools.notebook_io import Complaint


@pytest.fixture
def path(tmp_path):
    """The notebook of a sample series."""
    return sample_series.make(tmp_path)


@pytest.fixture
def results(tmp_path):
    """An empty folder of results."""
    (tmp_path / "results" / "curves").mkdir(parents=True)
    return tmp_path / "results"


def record(root, minutes, training):
    """Pretend that the notebook has been measured."""
    row = {"notebook": "04_the_ring", "minutes": minutes, "training_minutes": training}
    notebook_io.replace_rows(root / "results/minutes.csv", [row], ["04_the_ring"])


@pytest.mark.parametrize(
    ("training", "said"),
    [(0, "25 minutes"), (0.2, "25 minutes, less than 1 of them training"),
     (4.4, "25 minutes, 4 of them training")],
)  # fmt: skip
def test_minutes(path, tmp_path, training, said):
    record(tmp_path, 10, training)  # 7 cells to read, 7 minutes of exercises, few words besides
    readme = tmp_path / "README.md"
    readme.write_text("<!-- from: minutes_table -->old<!-- /from -->\n`<!-- from: NAME -->`\n")
    tool(tmp_path, "sync")
    assert f"**About** <!-- from: minutes 04 -->{said}<!-- /from -->" in path.read_text()
    row = readme.read_text().split("\n\n")[1].splitlines()[2]
    assert row.startswith(
        "| [4 · The ring](notebooks/04_the_ring.ipynb) | Where does the fifth entry go? | `Ring`"
    )
    assert readme.read_text().endswith("\n`<!-- from: NAME -->`\n")
    assert row.endswith(f"| {notebook_io.words(notebook_io.read(path))[0]} | 25 |")
    assert tool(tmp_path, "sync", "--check") == ""


def test_a_cover_is_the_picture_of_its_cell(path, tmp_path):
    with pytest.raises(Complaint, match="has no cell tagged `cover`"):
        docgen.cover(tmp_path, "04")
    record(tmp_path, 10, 0)
    notebook = notebook_io.read(path)
    html = '<img alt="a &lt; b" width="720" src="data:image/png;base64,UE5H">'
    output = v4.new_output("display_data", {"text/html": html})
    cell = v4.new_code_cell("draw()", metadata={"tags": ["cover"]}, id="drawn")
    notebook.cells.insert(2, cell)
    notebook_io.write(notebook, path)
    with pytest.raises(Complaint, match="has drawn no picture: run it"):
        docgen.cover(tmp_path, "04")
    cell.outputs = [output]
    notebook_io.write(notebook, path)
    file = tmp_path / "results/covers/04.png"
    assert "results/covers/04.png" in tool(tmp_path, "sync", "--check", code=1).splitlines()
    assert not file.exists()
    tool(tmp_path, "sync")
    assert file.read_bytes() == b"PNG"
    assert docgen.cover(tmp_path, "04") == (
        '<img alt="a &lt; b" width="720" src="../results/covers/04.png">'
    )
    assert tool(tmp_path, "sync", "--check") == ""


def test_a_long_exercise_is_named_and_not_counted(path, tmp_path):
    record(tmp_path, 10, 0)
    sample_series.edit(path, "●●○ 5 min", "●●● 45 min")
    assert docgen.minutes(tmp_path, "04") == "20 minutes; 45 more for one long exercise"


def test_the_hours_of_a_way_through_the_series(path, tmp_path):
    record(tmp_path, 130, 1)
    assert docgen.hours(tmp_path) == docgen.hours(tmp_path, "04") == "2 hours"
    with pytest.raises(Complaint, match="no notebook 05"):
        docgen.hours(tmp_path, "04", "05")


@pytest.mark.parametrize(
    ("marker", "complaint"),
    [
        ("minutes 04", "results/minutes.csv is missing: `python tools/notebooks.py run notebooks"),
        ("minutes 09", "There is no notebook 09."),
        ("minutes", "The marker `minutes ` has missing a required argument: 'number'."),
        ("minutes_of", "No function in tools/docgen.py is named minutes_of."),
    ],
)
def test_what_cannot_be_generated_stays(path, tmp_path, marker, complaint):
    readme = tmp_path / "README.md"
    source = f"<!-- from: {marker} -->old<!-- /from -->"
    readme.write_text(source)
    assert f"README.md: {complaint}" in tool(tmp_path, "sync", code=1)
    assert readme.read_text() == source


def test_a_function_more(monkeypatch, tmp_path):
    monkeypatch.setattr(docgen, "GENERATORS", {})

    @docgen.generates
    def twice(root, word):
        return f"{word} {word}"

    new, complaints = docgen.fill("a <!-- from: twice b --><!-- /from --> c", tmp_path, "here")
    assert (new, complaints) == ("a <!-- from: twice b -->b b<!-- /from --> c", [])


def test_what_a_recipe_changes_by_hand(monkeypatch):
    assert len(docgen.changes(notebook_io.ROOT, "paper").splitlines()) == 2  # no rows
    swift = replace(recipes.paper, actor_lr=0.01, noise=Gaussian)
    monkeypatch.setattr(recipes, "swift", swift, raising=False)
    said = docgen.changes(notebook_io.ROOT, "swift")
    assert said.splitlines()[2:] == [
        "| `actor_lr` | 0.0001 | 0.01 |",
        "| `noise` | OrnsteinUhlenbeck | Gaussian |",
    ]
    for name in ("swfit", "Recipe"):
        with pytest.raises(Complaint, match=f"no recipe named {name}"):
            docgen.changes(notebook_io.ROOT, name)


def curves(results, gaps):
    """Record an experiment of three seeds, each with a gap after 10 steps and after 20."""
    rows = [f"{s},10,-1,{early}\n{s},20,-1,{late}" for s, (early, late) in enumerate(gaps)]
    command = json.dumps("python tools/record.py some")
    text = "\n".join([f"# command: {command}", "seed,step,return,gap", *rows, ""])
    (results / "curves" / "some.csv").write_text(text)


def test_the_outcome_of_an_experiment_by_hand(results, tmp_path):
    curves(results, [(0.5, 0.1), (0.09, 0.08), (0.05, 0.2)])
    assert docgen.outcome(tmp_path, "some") == (
        "after 20 steps the gap is 10.0 % in the median of 3 seeds and 20.0 % on the worst; "
        "2 of 3 have solved the task, the median seed after 20 steps "
        "(`python tools/record.py some`)."
    )
    assert docgen.results_table(tmp_path).splitlines()[2:] == [
        "| `some` | 20 | 3 | 10.0 % | 20.0 % | 20 | 2 of 3 |"
    ]
    assert "after 10 steps the gap is 9.0 % in the median" in docgen.outcome(tmp_path, "some", "10")
    curves(results, [(0.5, 0.4), (0.09, 0.08), (0.05, 2)])
    assert "; 1 of 3 have solved the task (`" in docgen.outcome(tmp_path, "some")
    assert docgen.results_table(tmp_path).endswith(
        "| `some` | 20 | 3 | 40.0 % | 200 % | – | 1 of 3 |"
    )
    with pytest.raises(Complaint, match="no recording 'other'"):
        docgen.outcome(tmp_path, "other")


def test_two_experiments_are_compared(results, tmp_path):
    curves(results, [(0.5, 0.3), (0.09, 0.3), (0.05, 0.3)])
    text = (results / "curves" / "some.csv").read_text()
    (results / "curves" / "other.csv").write_text(text.replace("0.3", "0.2"))
    assert docgen.compared(tmp_path, "some", "other", "20") == (
        "1.50 times that of `other` (95 % interval 1.50 to 1.50; 3 and 3 seeds)"
    )


def test_the_steps_of_two_tasks_are_compared(results, tmp_path):
    (results / "tasks").mkdir()
    for name, late in (("car", 95), ("slow", 80)):
        curves(results, [(0.5, 0.3)] * 3)
        text = (results / "curves" / "some.csv").read_text().replace(",10,-1,", f",10,{late},")
        (results / "tasks" / f"{name}.csv").write_text(text.replace(",20,-1,", ",20,92,"))
    assert docgen.compared_steps(tmp_path, "slow", "car", "90") == (
        "2.00 times as many steps (95 % interval 2.00 to 2.00; 3 and 3 seeds)"
    )


def test_what_was_noted_beside_the_gap(results, tmp_path):
    curves(results, [(0.5, 0.3), (0.09, 0.3), (0.05, 0.3)])
    path = results / "curves" / "some.csv"
    lines = path.read_text().splitlines()
    head = lines.index("seed,step,return,gap")
    lines[head] += ",bias"
    lines[head + 1 :] = [f"{line},{1000.4 + line.count('0.3')}" for line in lines[head + 1 :]]
    path.write_text("\n".join(['# measures: ["bias"]', *lines]) + "\n")
    assert docgen.measured(tmp_path, "some", "bias") == "1,001 (95 % interval 1,001 to 1,001)"


SPEED = """contender,threads,steps_per_second,ratio,ratio_low,ratio_high,update_ms,update_over_floor
this project,1,1200.0,1.5,1.4,1.7,4.0,2.0
a textbook loop,1,100.0,,,,1.5,1.5
"""
REPLAY = """contender,capacity,batch_us,p_value,command
ours,1000000,150.2,0.512,python …
theirs,1000000,100.1,0.430,python …
"""


def test_the_sentence_on_prioritised_batches(results, tmp_path):
    (results / "replay.csv").write_text(REPLAY)
    assert docgen.replay_facts(tmp_path) == (
        "150 µs, 1.5 times cpprb's 100 µs (chi-square over 100 groups of priorities: "
        "p = 0.512 and 0.430; `python …`)"
    )


def test_the_sentence_on_stacked_agents(results, tmp_path):
    (results / "stacked.csv").write_text(
        "agents,ratio,ratio_low,ratio_high,command\n16,0.851,0.8,0.91,python …\n"
    )
    assert docgen.stacked_facts(tmp_path) == (
        "an update of 16 agents in a stack takes 0.85 times as long as one after the other "
        "(0.80 to 0.91; `python …`)"
    )


def test_the_sentence_on_many_seeds(results, tmp_path):
    (results / "seeds.csv").write_text(
        "seeds,steps,jobs,ratio,ratio_low,ratio_high,command\n8,2000,2,1.014,0.99,1.032,python …\n"
    )
    assert docgen.seeds_facts(tmp_path) == (
        "`many_seeds` takes 1.01 times as long as plain processes (0.99 to 1.03) for 8 seeds of "
        "2,000 steps, 2 at a time (`python …`)"
    )


SOLVED = """contender,seed,steps,solved_at,seconds,seconds_in_all
ours,1000,20000,4000,11.2,50
ours,1001,20000,6000,20.4,70
ours,1002,20000,5000,15.0,60
theirs,1000,20000,inf,inf,90
"""


def test_the_tables_of_speed_by_hand(results, tmp_path):
    with pytest.raises(Complaint, match=r"`python tools/benchmark\.py speed` makes it"):
        docgen.benchmark_table(tmp_path)
    (results / "benchmark.csv").write_text(SPEED)
    assert docgen.benchmark_table(tmp_path).splitlines()[2:] == [
        "| this project | 1 | 1,200 | 1.50 (1.40 to 1.70) | 4.00 | 2.0 |",
        "| a textbook loop | 1 | 100 | – | 1.50 | 1.5 |",
    ]
    (results / "solved_seconds.csv").write_text(SOLVED)
    assert docgen.solved_table(tmp_path).splitlines()[2:] == [
        "| ours | 15 | 11 to 20 | 5,000 | 3 of 3 | 20,000 in 60 s |",
        "| theirs | – | – | – | 0 of 1 | 20,000 in 90 s |",
    ]


def test_the_claims_that_hold_are_counted(results, tmp_path):
    rows = [{"seeds": 20, "holds": True}, {"seeds": 20, "holds": False}]
    notebook_io.write_rows(results / "claims.csv", rows)
    said = docgen.claims_facts(tmp_path)
    assert said == "2 claims over 20 seeds each, of which 1 hold on every one"
