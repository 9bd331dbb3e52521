"""Each check against right answers, unfinished work, and every mistake that it names."""

import re

import answers
import numpy as np
import pytest
import torch
from answers.seeds import interval

from helpers.checks import check_bootstrap
from tools import confusion


@pytest.mark.parametrize("answer", answers.ANSWERS, ids=confusion.label)
def test_each_answer_is_judged_as_expected(answer, capsys, recwarn):
    before = torch.random.get_rng_state(), np.random.get_state()[1].copy()  # noqa: NPY002
    assert answer.check(answer.work) is None
    printed = capsys.readouterr().out
    assert printed.count("\n") == 1, "one sentence on one line"
    assert confusion.as_expected(answer, printed.strip()), printed
    assert not recwarn.list, "a warning would stand beside the answer"
    after = torch.random.get_rng_state(), np.random.get_state()[1]  # noqa: NPY002
    assert all(map(np.array_equal, before, after)), "the global generators are left alone"


@pytest.mark.parametrize("check", answers.CHECKS, ids=lambda check: check.__name__)
def test_each_check_meets_all_kinds_of_answers(check):
    kinds = [confusion.kind(answer) for answer in answers.ANSWERS if answer.check is check]
    assert {"right", "wrong", "none at all"} <= {*kinds}
    assert kinds.count("wrong") >= 3


def test_each_mistake_of_the_field_is_named():
    assert {answer.mistake for answer in answers.ANSWERS} - {None} == {*answers.MISTAKES}


def test_the_table_shows_every_answer_and_notices_a_wrong_verdict(capsys):
    rows = answers.ANSWERS[:3]
    assert confusion.main(rows) == 0
    table = capsys.readouterr().out
    assert all(confusion.label(answer) in table for answer in rows)
    assert re.search(r"3 answers, 3 judged as expected", table)
    assert confusion.main([rows[0]._replace(words="Not yet")]) == 1
    assert "1 answers, 0 judged as expected" in capsys.readouterr().out


def test_a_sound_bootstrap_is_accepted_whatever_its_luck(capsys):
    for seed in range(30):
        check_bootstrap(lambda v, rng, seed=seed: interval(v, np.random.default_rng(seed)))
    assert capsys.readouterr().out.count("Right: ") == 30
