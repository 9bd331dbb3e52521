"""A claim prints its verdict, never raises for being false, and writes a log where asked to."""

import json
import re
from pathlib import Path

import numpy as np
import pytest
from nbval.plugin import get_sanitize_patterns

from helpers.evaluation.claims import claim
from helpers.plots.png import bundle

ROOT = Path(__file__).parents[1]


@pytest.fixture(autouse=True)
def no_log(monkeypatch):
    """Claims are logged only where a test asks for it."""
    monkeypatch.delenv("CLAIMS_LOG", raising=False)


@pytest.mark.parametrize(
    ("value", "bound", "said"),
    [
        (0.1, {"at_most": 0.1}, "True (0.1)"),
        (0.2, {"at_most": 0.1}, "False (0.2)"),
        (3, {"at_least": 3}, "True (3)"),
        (2, {"at_least": 3}, "False (2)"),
        (float("nan"), {"at_most": 1}, "False (nan)"),
        (float("nan"), {"at_least": 1}, "False (nan)"),
        (np.float32(0.07), {"at_least": np.float64(0)}, "True (0.07)"),
        (-1234.5, {"at_most": -500}, "True (-1,230)"),
        (0.15002, {"at_most": 0.15}, "False (0.15002)"),  # rounded it would be within the bound
        (True, {"at_least": 1}, "True"),
        (np.False_, {"at_least": 1}, "False"),
    ],
)
def test_the_verdict_is_printed_with_the_number_and_returned(value, bound, said, capsys):
    holds = claim("the gap is small", value, **bound)
    assert holds is said.startswith("True")
    assert capsys.readouterr().out == f"the gap is small: {said}\n"


@pytest.mark.parametrize("bounds", [{}, {"at_most": 1, "at_least": 0}])
def test_exactly_one_bound(bounds):
    with pytest.raises(ValueError, match="'small' needs exactly one bound"):
        claim("small", 0, **bounds)


def test_the_log_gets_one_line_a_claim(tmp_path, monkeypatch):
    log = tmp_path / "claims.jsonl"
    monkeypatch.setenv("CLAIMS_LOG", str(log))
    claim("σ is small", np.float32(0.5), at_most=1)
    claim("solved", True, at_least=1)
    assert [json.loads(line) for line in log.read_text(encoding="utf-8").splitlines()] == [
        {"claim": "σ is small", "value": 0.5, "bound": "at_most", "threshold": 1.0},
        {"claim": "solved", "value": 1.0, "bound": "at_least", "threshold": 1.0},
    ]


def test_nbval_compares_verdicts_but_neither_numbers_nor_pictures():
    rules = get_sanitize_patterns((ROOT / "conftest.py").read_text())

    def compared(printed, png=b""):
        page = printed + bundle(png + bytes(24), "a picture")["obj"]["text/html"]
        for pattern, replacement in rules:
            page = re.sub(pattern, replacement, page)
        return page

    assert compared("a (b): True (0.07)\n", b"1") == compared("a (b): True (-1,230)\n", b"2")
    assert compared("a: True (0.07)\n") != compared("a: False (0.07)\n")
    assert compared("a: True (0.07)\n") != compared("b: True (0.07)\n")
    assert compared("loss (0.07)\n") != compared("loss (0.08)\n")
