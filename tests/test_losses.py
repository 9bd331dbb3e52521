import pytest
import torch
from torch import nn

from helpers.buffer import Batch
from helpers.losses import actor_loss, critic_loss, td_target
from helpers.networks import Actor, Critic


class Doubled(nn.Module):
    """mu(s) = 2 s."""

    def forward(self, s):
        return 2 * s


class Summed(nn.Module):
    """Q(s, a) = s + 10 a."""

    def forward(self, s, a):
        return s + 10 * a


def column(*numbers):
    return torch.tensor(numbers, dtype=torch.float32)[:, None]


def test_target_by_hand():
    """Q'(s', mu'(s')) = s' + 20 s' = 21 s'; the second transition ended the task."""
    batch = Batch(
        column(9, 9, 9), column(9, 9, 9), column(1, 2, 3), column(1, 1, -2), column(0, 1, 0)
    )
    y = td_target(batch, Doubled(), Summed(), gamma=0.5)
    torch.testing.assert_close(y, column(1 + 0.5 * 21, 2, 3 - 0.5 * 42))


def test_losses_by_hand():
    batch = Batch(column(1, 2), column(0.5, 0), column(0, 0), column(0, 0), column(0, 0))
    assert critic_loss(Summed(), batch, column(5, 5)).item() == pytest.approx((1 + 9) / 2)
    assert actor_loss(Doubled(), Summed(), column(1, 3)).item() == pytest.approx(-(21 + 63) / 2)


@pytest.fixture
def networks_and_batch():
    torch.manual_seed(0)
    mu, q = Actor(3, 2).double(), Critic(3, 2).double()
    for network in (mu, q):
        nn.init.uniform_(network.layer3.weight, -0.5, 0.5)  # gradients worth comparing
    draw = torch.randn
    ended = (draw(8, 1) > 0).double()
    batch = Batch(draw(8, 3), draw(8, 2).tanh(), draw(8, 1), draw(8, 3), ended)
    return mu, q, Batch(*(x.double() for x in batch))


def agree_with_finite_differences(loss, network):
    """Compare the gradient with (L(p + h) - L(p - h)) / 2h at some weights of each layer."""
    network.zero_grad()
    loss().backward()
    for parameter in network.parameters():
        flat, gradient = parameter.detach().view(-1), parameter.grad.view(-1)
        places = gradient.abs().topk(min(3, len(flat))).indices
        for i in places:
            kept, values = flat[i].item(), []
            for h in (1e-6, -1e-6):
                flat[i] = kept + h
                values.append(loss().item())
            flat[i] = kept
            measured = (values[0] - values[1]) / 2e-6
            assert gradient[i].item() == pytest.approx(measured, rel=1e-4, abs=1e-9)
            assert gradient[i] != 0


def test_critic_gradient(networks_and_batch):
    mu, q, batch = networks_and_batch
    y = td_target(batch, mu, q, 0.99)
    agree_with_finite_differences(lambda: critic_loss(q, batch, y), q)


def test_actor_gradient(networks_and_batch):
    mu, q, batch = networks_and_batch
    agree_with_finite_differences(lambda: actor_loss(mu, q, batch.s), mu)


def test_no_gradient_flows_through_the_target(networks_and_batch):
    mu, q, batch = networks_and_batch
    assert not td_target(batch, mu, q, 0.99).requires_grad
    critic_loss(q, batch, td_target(batch, mu, q, 0.99)).backward()
    assert all(p.grad is None for p in mu.parameters())


def test_descending_the_actor_loss_climbs_the_critic(networks_and_batch):
    mu, q, batch = networks_and_batch
    before = q(batch.s, mu(batch.s)).mean().item()
    adam = torch.optim.Adam(mu.parameters(), lr=1e-3)
    actor_loss(mu, q, batch.s).backward()
    adam.step()
    assert q(batch.s, mu(batch.s)).mean().item() > before
