import numpy as np
import pytest
import torch

from helpers.extensions.small import SmallActor, SmallCritic
from helpers.networks import Actor, Critic


@pytest.fixture
def states():
    return torch.randn(50, 3, generator=torch.Generator().manual_seed(0)) * 10


@pytest.mark.parametrize("kind", [Actor, SmallActor])
def test_actor_equals_the_formula_written_out(kind, states):
    actor = kind(3, 2)
    w = {name: p.detach().double().numpy() for name, p in actor.named_parameters()}
    x = np.maximum(states.double().numpy() @ w["layer1.weight"].T + w["layer1.bias"], 0)
    x = np.maximum(x @ w["layer2.weight"].T + w["layer2.bias"], 0)
    a = np.tanh(x @ w["layer3.weight"].T + w["layer3.bias"])
    np.testing.assert_allclose(actor(states).detach().numpy(), a, atol=1e-6)


@pytest.mark.parametrize("kind", [Critic, SmallCritic])
def test_critic_equals_the_formula_written_out(kind, states):
    critic, actions = kind(3, 2), torch.rand(50, 2) * 2 - 1
    w = {name: p.detach().double().numpy() for name, p in critic.named_parameters()}
    x = np.maximum(states.double().numpy() @ w["layer1.weight"].T + w["layer1.bias"], 0)
    x = np.concatenate([x, actions.double().numpy()], axis=1)  # the action enters here
    both = np.concatenate([w["layer2.weight"], w["action.weight"]], axis=1)  # (300, 402)
    x = np.maximum(x @ both.T + w["layer2.bias"], 0)
    q = x @ w["layer3.weight"].T + w["layer3.bias"]
    assert q.shape == (50, 1)
    np.testing.assert_allclose(critic(states, actions).detach().numpy(), q, atol=1e-6)


def test_actions_stay_inside_even_for_huge_weights(states):
    actor = Actor(3, 2)
    with torch.no_grad():
        for parameter in actor.parameters():
            parameter.mul_(100)
    assert actor(states).abs().max() == 1


def test_actor_takes_one_state_or_many(states):
    actor = Actor(3, 2)
    assert actor(states[0]).shape == (2,)
    torch.testing.assert_close(actor(states)[0], actor(states[0]))


@pytest.mark.parametrize(
    ("network", "first", "second"),
    [
        (Actor(3, 6), 400, 300),
        (Critic(3, 6), 400, 300),
        (SmallActor(3, 6), 256, 256),
        (SmallCritic(3, 6), 256, 256),
    ],
)
def test_the_initialisation_is_the_papers(network, first, second):
    """The critic's second layer takes 400 features and 6 actions: its fan-in is 406."""
    fan_ins = {"layer1": 3, "layer2": first}
    if isinstance(network, Critic):
        fan_ins |= {"layer2": first + 6, "action": first + 6}
    for name, fan_in in fan_ins.items():
        for parameter in getattr(network, name).parameters():  # the weights, then the biases
            bound = fan_in**-0.5
            assert 0.9 * bound < parameter.abs().max() <= bound
            if len(parameter.flatten()) > 250:  # uniform: its deviation is bound / sqrt(3)
                assert parameter.std().item() == pytest.approx(bound / 3**0.5, rel=0.1)
    for parameter in network.layer3.parameters():
        assert 0 < parameter.abs().max() <= 3e-3
    assert network.layer1.out_features == first
    assert network.layer2.out_features == second
