"""Each check against right answers, unfinished work, and every mistake that it names."""

import subprocess
import sys

import answers
import numpy as np
import pytest
import torch
from answers.notebook_10 import interval

import helpers.checks
from helpers.checks import check_bootstrap
from helpers.checks.verdicts import WIDTH


def label(answer):
    """The check and the expected words."""
    return f"{answer.check.__name__}-{answer.words}"


@pytest.mark.parametrize("answer", answers.ANSWERS, ids=label)
def test_each_answer_gets_the_expected_verdict(answer, capsys, recwarn):
    before = torch.random.get_rng_state(), np.random.get_state()[1].copy()  # noqa: NPY002
    assert answer.check(answer.work) is None
    lines = capsys.readouterr().out.splitlines()
    assert max(map(len, lines)) <= WIDTH
    printed = " ".join(lines)
    assert printed.startswith("Right: " if answer.kind == "right" else "Not yet: "), printed
    assert answer.words in printed
    assert not recwarn.list, "a warning would stand beside the answer"
    after = torch.random.get_rng_state(), np.random.get_state()[1]  # noqa: NPY002
    assert all(map(np.array_equal, before, after)), "the global generators are left alone"


@pytest.mark.parametrize("check", answers.CHECKS, ids=lambda check: check.__name__)
def test_each_check_meets_all_kinds_of_answers(check):
    kinds = [answer.kind for answer in answers.ANSWERS if answer.check is check]
    assert {"right", "wrong", "none"} <= {*kinds}
    assert kinds.count("wrong") >= 3


def test_each_mistake_of_the_field_is_named():
    assert {answer.mistake for answer in answers.ANSWERS} - {None} == {*answers.MISTAKES}


def test_a_sound_bootstrap_is_accepted_whatever_its_luck(capsys):
    for seed in range(30):
        check_bootstrap(lambda v, rng, seed=seed: interval(v, np.random.default_rng(seed)))
    assert capsys.readouterr().out.count("Right: ") == 30


def test_a_check_imports_its_own_notebook_only_and_an_unknown_one_is_named():
    code = (
        "import sys; from helpers.checks import check_buffer; assert callable(check_buffer);"
        "print(*[name for name in sys.modules if name.startswith('helpers.checks.')])"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert {*run.stdout.split()} == {"helpers.checks.verdicts", "helpers.checks.notebook_04"}
    with pytest.raises(AttributeError, match="There is no check_everything"):
        helpers.checks.check_everything  # noqa: B018
