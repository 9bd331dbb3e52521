"""A claim prints its verdict, never raises for being false, and writes a log where asked to."""

import json

import numpy as np
import pytest

from helpers.evaluation.claims import claim


@pytest.fixture(autouse=True)
def no_log(monkeypatch):
    """Claims are logged only where a test asks for it."""
    monkeypatch.delenv("CLAIMS_LOG", raising=False)


@pytest.mark.parametrize(
    ("value", "bound", "holds"),
    [
        (0.1, {"at_most": 0.1}, True),
        (0.2, {"at_most": 0.1}, False),
        (3, {"at_least": 3}, True),
        (2, {"at_least": 3}, False),
        (float("nan"), {"at_most": 1}, False),
        (float("nan"), {"at_least": 1}, False),
        (np.float32(0.5), {"at_least": np.float64(0)}, True),
    ],
)
def test_the_verdict_is_printed_and_returned(value, bound, holds, capsys):
    assert claim("the gap is small", value, **bound) is holds
    assert capsys.readouterr().out == f"the gap is small: {holds}\n"


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
