"""The networks of the long runs."""

import numpy as np
import pytest
import torch

from helpers.extensions.small import SmallActor, SmallCritic


@pytest.fixture
def states():
    return 3 * torch.randn(50, 5, generator=torch.Generator().manual_seed(0))


def weights(network):
    return {name: p.detach().double().numpy() for name, p in network.named_parameters()}


def test_both_networks_equal_their_formulas(states):
    actor, critic = SmallActor(5, 2), SmallCritic(5, 2)
    w = weights(actor)
    x = np.maximum(states.double().numpy() @ w["layer1.weight"].T + w["layer1.bias"], 0)
    x = np.maximum(x @ w["layer2.weight"].T + w["layer2.bias"], 0)
    z = x @ w["layer3.weight"].T + w["layer3.bias"]
    np.testing.assert_allclose(actor(states).detach(), np.tanh(z), atol=1e-6)
    w, a = weights(critic), torch.rand(50, 2) * 2 - 1
    x = np.maximum(states.double().numpy() @ w["layer1.weight"].T + w["layer1.bias"], 0)
    both = np.hstack([x, a.double().numpy()]), np.hstack([w["layer2.weight"], w["action.weight"]])
    x = np.maximum(both[0] @ both[1].T + w["layer2.bias"], 0)
    q = x @ w["layer3.weight"].T + w["layer3.bias"]
    np.testing.assert_allclose(critic(states, a).detach(), q, atol=1e-6)


@pytest.mark.parametrize(("network", "out"), [(SmallActor(5, 2), 2), (SmallCritic(5, 2), 1)])
def test_layers_have_256_units_and_start_as_the_papers_do(network, out):
    fan_in = 256 if isinstance(network, SmallActor) else 258  # with the action
    assert network.layer1.weight.shape == (256, 5)
    assert network.layer2.weight.shape == (256, 256)
    assert network.layer3.weight.shape == (out, 256)
    bounds = {"layer1": 5**-0.5, "layer2": fan_in**-0.5, "action": 258**-0.5, "layer3": 3e-3}
    for name, parameter in network.named_parameters():
        bound = bounds[name.partition(".")[0]]
        assert parameter.abs().max() <= bound
        if parameter.numel() > 200:
            assert parameter.abs().max() > 0.9 * bound
