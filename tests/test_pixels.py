"""The pendulum from pixels: what frames show, the buffer that stores them once, the networks."""

from dataclasses import replace

import gymnasium as gym
import numpy as np
import pytest
import torch
from answers.notebook_15 import read, shift_by_rows
from gymnasium.spaces import Box
from gymnasium.wrappers import (
    AddRenderObservation,
    FrameStackObservation,
    GrayscaleObservation,
    TransformObservation,
)
from scipy.stats import chisquare

from helpers.agent import DDPG
from helpers.callbacks import Checkpoint
from helpers.environment import make_env
from helpers.evaluation import EVALUATION_STARTS, evaluate, gap
from helpers.extensions.pixels import (
    ConvActor,
    ConvCritic,
    Eyes,
    FrameReplay,
    ShiftedReplay,
    from_pixels,
    regularized_actor_loss,
)
from helpers.losses import actor_loss
from helpers.pendulum import load_optimum
from helpers.pendulum.frames import RodFrames, draw_rod, frames_of, one_frame, pixel_pendulum
from helpers.pendulum.physics import observe, step
from helpers.training import train

SHAPE = (3, 4, 5)  # of small states
PARTS = {
    "actor": ConvActor,
    "critic": ConvCritic,
    "actor_loss": regularized_actor_loss,
    "buffer": FrameReplay,
}
QUICK = replace(from_pixels, learning_starts=32, buffer_size=300)


def test_three_frames_show_the_true_state():
    env = pixel_pendulum(seed=0)
    frames, _ = env.reset()
    for _ in range(150):
        frames, *_ = env.step(env.action_space.sample())
        theta, velocity = env.unwrapped.state
        np.testing.assert_allclose(
            read(frames), [np.cos(theta), np.sin(theta), velocity], atol=0.02
        )


def test_a_start_that_looks_at_rest_costs_what_notebook_15_says():
    """The optimum, which takes each episode's first state for one at rest."""
    optimum, asked = load_optimum(), []

    def deceived(states):
        first = not asked
        asked.append(len(states))
        return optimum.policy(states * [1, 1, not first])

    best = optimum.optimal_returns(EVALUATION_STARTS)
    assert gap(evaluate(deceived), best) == pytest.approx(0.0094, abs=5e-5)
    assert len(asked) == 200


def test_one_frame_does_not_show_which_way_the_rod_moves():
    seen = []
    for velocity in (1.0, -1.0):
        env = one_frame()
        env.reset(seed=0)
        before = 0.1 - 0.05 * velocity
        env.unwrapped.state = np.array([before, velocity])
        frame, *_ = env.step(np.float32([-2.5 * np.sin(before)]))  # balances gravity
        np.testing.assert_allclose(env.unwrapped.state, [0.1, velocity], atol=1e-6)
        seen.append(frame)
    assert np.array_equal(*seen)


def test_a_rod_lies_where_its_angle_says():
    upright, left, down = (draw_rod(np.cos(x), np.sin(x)) for x in (0, np.pi / 2, np.pi))
    assert upright.shape == (64, 64)
    assert upright.dtype == np.uint8
    rows, columns = np.nonzero(upright == 255)
    assert (rows.min(), rows.max()) == (4, 33), "from the pivot, at 31.5, 26 pixels upwards"
    assert (columns.min(), columns.max()) == (29, 34)
    assert np.array_equal(down, upright[::-1])
    assert np.array_equal(left, upright.T), "anticlockwise: from up to the left"


def test_frames_of_a_state_are_those_of_two_steps_without_torque():
    theta, velocity = np.array([0.3, 3.1, -2.0]), np.array([1.0, -3.0, 0.0])
    expected = [[], [], []]
    for _ in range(3):
        for stack, angle in zip(expected, theta, strict=True):
            stack.append(draw_rod(np.cos(angle), np.sin(angle)))
        last = observe(theta, velocity)
        theta, velocity, _ = step(theta, velocity, np.zeros(3))
    frames = frames_of(last)
    assert frames.dtype == np.uint8
    assert np.abs(frames.astype(int) - np.array(expected)).max() <= 1, "rounded in float32"
    np.testing.assert_allclose([read(stack) for stack in frames], last, atol=0.02)


def test_the_environment_is_the_same_pendulum():
    env = pixel_pendulum()
    plain = gym.make("Pendulum-v1")
    env.reset(seed=3)
    plain.reset(seed=3)
    for torque in (0.5, -1.0, 0.2):
        _, reward, *_ = env.step(np.float32([torque]))
        assert reward == plain.step(np.float32([2 * torque]))[1]
    again = gym.make(env.spec)
    assert isinstance(again, FrameStackObservation)
    assert isinstance(again.env, RodFrames)
    assert np.array_equal(again.reset(seed=3)[0], env.reset(seed=3)[0])


def episodes(lengths, rng=None):
    """Transitions of made-up episodes: the first frame repeated, then a new one every step."""
    rng = rng or np.random.default_rng(0)
    for length in lengths:
        s = np.repeat(rng.integers(0, 256, (1, *SHAPE[1:])).astype(np.uint8), 3, axis=0)
        for t in range(length):
            s_next = np.concatenate([s[1:], rng.integers(0, 256, (1, *SHAPE[1:])).astype(np.uint8)])
            yield s, rng.uniform(-1, 1, 2).astype(np.float32), rng.normal(), s_next, t == length - 1
            s = s_next


@pytest.mark.parametrize("capacity", [1_000, 50, 23])
def test_it_draws_what_a_plain_list_would_hold(capacity):
    buffer, plain = FrameReplay(capacity, SHAPE, 2, seed=0), []
    for added, transition in enumerate(episodes([5, 1, 12, 7, 30, 2, 9])):
        buffer.add(*transition)
        plain.append(transition)
        if added % 7 and added < 60:
            continue
        batch = buffer.sample(600)
        held = {}
        for place, row in enumerate(plain):
            held[np.float32(row[2]).item()] = place, row
        drawn = set()
        for s, a, r, s_next, end in zip(*(column.numpy() for column in batch), strict=True):
            place, (was_s, was_a, _, was_next, was_end) = held[r.item()]
            drawn.add(place)
            assert np.array_equal(s, was_s)
            assert np.array_equal(a, was_a)
            assert np.array_equal(s_next, was_next)
            assert end.item() == was_end
        assert drawn == {*range(added + 1 - len(buffer), added + 1)}, "the newest ones, and all"
    if capacity == 1_000:
        assert len(buffer) == len(plain)
    else:
        assert capacity - 3 * 8 <= len(buffer) < capacity


def test_draws_are_uniform():
    buffer = FrameReplay(60, SHAPE, 2, seed=0)
    for number, (s, a, _, s_next, end) in enumerate(episodes([20, 20, 20, 20])):
        buffer.add(s, a, float(number), s_next, end)
    counts = np.unique(buffer.sample(20_000).r.numpy(), return_counts=True)[1]
    assert len(counts) == len(buffer)
    assert chisquare(counts).pvalue > 0.001


def test_a_hundred_thousand_transitions_take_less_than_half_a_gigabyte():
    buffer = FrameReplay(100_000, (3, 64, 64), 1)
    arrays = [value for value in vars(buffer).values() if isinstance(value, np.ndarray)]
    assert sum(array.nbytes for array in arrays) < 0.45e9


def test_shifts_move_each_state_as_a_whole_and_by_up_to_four():
    plain, shifted = (
        FrameReplay(50, (3, 20, 20), 1, seed=0),
        ShiftedReplay(50, (3, 20, 20), 1, seed=0),
    )
    rng, s = np.random.default_rng(0), np.zeros((3, 20, 20), np.uint8)
    for _ in range(30):
        s_next = np.concatenate([s[1:], rng.integers(0, 256, (1, 20, 20)).astype(np.uint8)])
        plain.add(s, [0.0], 0.0, s_next, False)
        shifted.add(s, [0.0], 0.0, s_next, False)
        s = s_next
    before, after = plain.sample(800), shifted.sample(800)
    found = {"s": set(), "s_next": set()}
    moves = [(y, x) for y in range(-4, 5) for x in range(-4, 5)]
    for name in found:
        for was, now in zip(
            getattr(before, name).numpy(), getattr(after, name).numpy(), strict=True
        ):
            if was[-1].any():
                found[name].add(
                    next(m for m in moves if np.array_equal(shift_by_rows(was, *m), now))
                )
    assert len(found["s"]) == len(found["s_next"]) == 81


def test_bad_frames_and_sizes_are_named():
    with pytest.raises(ValueError, match=r"shape \(frames, height, width\), but these have 3"):
        DDPG(make_env("Pendulum-v1"), seed=0, buffer=FrameReplay)
    with pytest.raises(ValueError, match="holds 3 frames, and a state alone has 3"):
        FrameReplay(3, SHAPE, 1)
    s = np.zeros(SHAPE, np.float32)
    with pytest.raises(ValueError, match="uint8, from 0 to 255, but these are float32"):
        FrameReplay(10, SHAPE, 1).add(s, [0.0], 0.0, s, False)
    s = np.arange(60, dtype=np.uint8).reshape(SHAPE)
    with pytest.raises(ValueError, match="the state without its oldest frame"):
        FrameReplay(10, SHAPE, 1).add(s, [0.0], 0.0, s, False)


def test_networks_have_the_sizes_and_first_weights_that_the_page_says():
    actor, critic = ConvActor((3, 64, 64), 1), ConvCritic((3, 64, 64), 1)
    sizes = [sum(p.numel() for p in network.parameters()) for network in (actor, critic)]
    eyes = 32 * (3 * 25 + 1) + 2 * 32 * (32 * 9 + 1)
    dense = 800 * 200 + 200 + 200 * 200 + 200 + 200 + 1
    assert sizes == [eyes + dense, eyes + dense + 200]
    assert Eyes((1, 64, 64)).width == 32 * 5 * 5
    s = torch.full((2, 3, 64, 64), 255.0)
    assert actor(s).shape == critic(s, torch.zeros(2, 1)).shape == (2, 1)
    for network in (actor, critic):
        assert 2e-4 < network.layer3.weight.abs().max() <= 3e-4
    both = torch.cat([critic.layer2.weight.flatten(), critic.action.weight.flatten()])
    assert 0.95 * 201**-0.5 < both.abs().max() <= 201**-0.5, (
        "state and action are one layer's input"
    )
    assert critic.action.weight.abs().max() <= 201**-0.5
    assert not torch.equal(critic(s, torch.zeros(2, 1)), critic(s, torch.ones(2, 1)))


def test_the_price_on_the_preactivation_is_added_to_the_usual_loss():
    actor, critic = ConvActor((3, 64, 64), 2), ConvCritic((3, 64, 64), 2)
    s = torch.randint(0, 256, (5, 3, 64, 64)).float()
    with torch.no_grad():
        actor.layer3.bias += torch.tensor([3.0, -1.0])
    z = torch.atanh(actor(s).double())  # what went into the tanh
    usual = -critic(s, actor(s)).mean()
    price = regularized_actor_loss(actor, critic, s) - usual
    torch.testing.assert_close(price.double(), 1e-5 * (z**2).mean(), rtol=0.01, atol=0)


@pytest.mark.parametrize("priced", [True, False])
def test_the_price_pulls_an_actor_back_whose_tanh_has_no_slope_left(priced):
    actor, critic = ConvActor((3, 64, 64), 1), ConvCritic((3, 64, 64), 1)
    s = torch.randint(0, 256, (5, 3, 64, 64)).float()
    with torch.no_grad():
        actor.layer3.bias += 30.0
    assert (actor(s) == 1).all()
    loss = regularized_actor_loss if priced else actor_loss
    loss(actor, critic, s).backward()
    slope = actor.layer3.bias.grad
    assert slope > 0 if priced else slope == 0, "downhill is a smaller bias"


def test_a_run_from_pixels_goes_on_bit_for_bit(tmp_path):
    def run(steps, path):
        env = pixel_pendulum(seed=0)
        agent = DDPG(env, seed=0, recipe=QUICK, **PARTS)
        train(env, agent, steps, [Checkpoint(path, share=1)])
        return agent

    straight = run(240, tmp_path / "a.pt")
    run(200, tmp_path / "b.pt")
    later = run(240, tmp_path / "b.pt")
    for name, parameter in straight.actor.state_dict().items():
        assert torch.equal(parameter, later.actor.state_dict()[name])
    assert np.array_equal(straight.buffer.frames, later.buffer.frames)
    used = FrameReplay(300, (3, 64, 64), 1, seed=3)
    for _ in range(2):  # whatever a buffer held before, it holds what is loaded
        used.load_state_dict(straight.buffer.state_dict())
        assert np.array_equal(used.whole, straight.buffer.whole)
        used.whole[:] = True
    assert torch.equal(straight.buffer.sample(8).s, later.buffer.sample(8).s)
    states = np.stack([pixel_pendulum(seed=0).reset()[0]])
    assert np.array_equal(straight.act(states), later.act(states))


def test_the_same_parts_take_any_environment_that_draws_itself():
    drawn = make_env(gym.make("Pendulum-v1", render_mode="rgb_array", max_episode_steps=40))
    grey, small = GrayscaleObservation(AddRenderObservation(drawn)), Box(0, 255, (63, 63), np.uint8)
    env = FrameStackObservation(TransformObservation(grey, lambda s: s[::8, ::8], small), 2)
    agent = DDPG(env, seed=0, recipe=QUICK, **PARTS)
    losses = train(env, agent, 34)["critic_loss"][1]
    assert len(losses) == 3
    assert agent.buffer.frames.shape == (300, *env.observation_space.shape[1:])


def test_it_is_evaluated_from_pixels():
    agent = DDPG(pixel_pendulum(seed=0), seed=0, recipe=from_pixels, **PARTS)
    returns = evaluate(agent.act, pixel_pendulum, [10_000, 10_001])
    quiet = evaluate(lambda states: np.zeros((len(states), 1)), starts=[10_000, 10_001])
    np.testing.assert_allclose(returns, quiet, rtol=0.05)
