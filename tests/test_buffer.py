import numpy as np
import pytest
import torch
from scipy.stats import chisquare

from helpers.buffer import ReplayBuffer


def fill(buffer, count):
    """Add transitions that can be told apart: the i-th holds i, -i, 10 i, i + 1, and i % 2."""
    for i in range(count):
        buffer.add([i, i], [-i], 10 * i, [i + 1, i + 1], i % 2 == 1)
    return buffer


def held(buffer):
    """Which transitions are in the buffer."""
    return sorted({int(i) for i in buffer.sample(2_000).s[:, 0]})


def test_ring_overwrites_the_oldest():
    buffer = ReplayBuffer(4, 2, 1, seed=0)
    assert len(fill(buffer, 3)) == 3
    assert held(buffer) == [0, 1, 2]
    buffer = fill(ReplayBuffer(4, 2, 1, seed=0), 6)
    assert len(buffer) == 4
    assert held(buffer) == [2, 3, 4, 5]


def test_columns_of_a_batch_belong_together():
    batch = fill(ReplayBuffer(10, 2, 1, seed=0), 10).sample(64)
    i = batch.s[:, :1]
    assert [tuple(column.shape) for column in batch] == [
        (64, 2),
        (64, 1),
        (64, 1),
        (64, 2),
        (64, 1),
    ]
    assert all(column.dtype == torch.float32 for column in batch)
    for column, expected in zip(batch, [i, -i, 10 * i, i + 1, i % 2], strict=True):
        torch.testing.assert_close(column[:, :1], expected)


def test_sampling_is_uniform():
    buffer = fill(ReplayBuffer(20, 2, 1, seed=0), 33)
    counts = np.bincount(buffer.sample(20_000).s[:, 0].int().numpy() - 13, minlength=20)
    assert chisquare(counts).pvalue > 0.001


def test_a_sample_is_a_copy():
    buffer = fill(ReplayBuffer(3, 2, 1, seed=0), 3)
    batch = buffer.sample(8)
    before = batch.s.clone()
    fill(buffer, 3)
    batch.s.zero_()
    assert 2 in held(buffer)
    assert before.abs().sum() > 0


def test_same_seed_same_samples():
    draws = [fill(ReplayBuffer(50, 2, 1, seed=s), 50).sample(32).s for s in (1, 1, 2)]
    assert torch.equal(draws[0], draws[1])
    assert not torch.equal(draws[0], draws[2])


def test_a_million_pendulum_transitions_fit_in_40_megabytes():
    assert ReplayBuffer(1_000_000, 3, 1).rows.nbytes <= 40e6


@pytest.mark.parametrize("bad", [([1, 2, 3], [0], 0, [1, 2]), ([1, 2], [0, 0], 0, [1, 2])])
def test_wrong_widths_are_refused(bad):
    with pytest.raises(ValueError, match="broadcast"):
        ReplayBuffer(3, 2, 1).add(*bad, False)
