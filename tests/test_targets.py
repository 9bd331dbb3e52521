import pytest
import torch
from torch import nn

from helpers.targets import soft_update


@pytest.mark.parametrize("tau", [0.001, 0.1, 1.0])
def test_closed_form(tau):
    """After k updates towards weights that stand still, (1 - tau)^k of the way is left."""
    online, target = nn.Linear(3, 2).double(), nn.Linear(3, 2).double()
    start = [p.detach().clone() for p in target.parameters()]
    for _ in range(50):
        soft_update(target, online, tau)
    for p_target, p, p0 in zip(target.parameters(), online.parameters(), start, strict=True):
        torch.testing.assert_close(p_target, p + (1 - tau) ** 50 * (p0 - p))


def test_only_the_target_moves_and_it_stays_itself():
    online, target = nn.Linear(3, 2), nn.Linear(3, 2)
    before, place = online.weight.detach().clone(), target.weight.data_ptr()
    soft_update(target, online, 1.0)
    assert torch.equal(online.weight, before)
    assert torch.equal(target.weight, before)
    assert target.weight.data_ptr() == place != online.weight.data_ptr()


def test_different_networks_are_refused():
    with pytest.raises(ValueError, match="zip"):
        soft_update(nn.Sequential(nn.Linear(3, 2)), nn.Linear(3, 2, bias=False), 0.5)
