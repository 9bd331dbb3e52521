import os
import signal
import subprocess
import sys

import gymnasium as gym
import numpy as np
import probes
import pytest
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

from helpers.agent import DDPG
from helpers.callbacks.evaluate import Evaluate, KeepBest
from helpers.callbacks.progress import PrintProgress
from helpers.callbacks.tensorboard import TensorBoard
from helpers.environment import make_env
from helpers.evaluation.returns import evaluate, gap
from helpers.history import History
from helpers.pendulum.optimum import load_optimum
from helpers.recipes import Recipe
from helpers.training import Callback, train

SHORT = Recipe(learning_starts=64, buffer_size=1_000)
STARTS = range(10_000, 10_003)


@pytest.fixture
def agent():
    return DDPG(make_env(), seed=0, recipe=SHORT)


@pytest.fixture
def run(agent):
    return lambda steps, *callbacks: train(make_env(seed=0), agent, steps, callbacks)


class Watch(Callback):
    def __init__(self, stop_at=None, interrupt_at=()):
        self.seen, self.stop_at, self.interrupt_at = [], stop_at, interrupt_at

    def start(self, agent, steps):
        self.seen.append(("start", steps))

    def step(self, agent):
        if agent.steps in self.interrupt_at:
            os.kill(os.getpid(), signal.SIGINT)
        return agent.steps == self.stop_at

    def end(self, agent):
        self.seen.append(("end", agent.steps))


# What train does with callbacks and interrupts


def test_a_callback_can_end_the_run_and_the_same_lines_go_on(run, agent):
    watch, other = Watch(stop_at=7), Watch()
    run(100, watch, other)
    assert watch.seen == other.seen == [("start", 100), ("end", 7)]
    run(100, other)
    assert other.seen[2:] == [("start", 100), ("end", 100)]
    assert agent.steps == 100


def test_interrupt_ends_the_run_after_the_step_and_keeps_all(run, agent):
    handler, watch = signal.getsignal(signal.SIGINT), Watch(interrupt_at=(80,))
    history = run(200, watch)
    assert agent.steps == history["critic_loss"][0][-1] == 80
    assert watch.seen[-1] == ("end", 80)
    assert signal.getsignal(signal.SIGINT) is handler


def test_a_second_interrupt_raises_even_in_an_evaluation_that_never_ends(run, agent):
    def endless(states):
        os.kill(os.getpid(), signal.SIGINT)
        return np.zeros((len(states), 1))

    class Endless(Callback):
        def step(self, agent):
            evaluate(endless, lambda: make_env(probes.Endless()), range(2))

    handler, watch = signal.getsignal(signal.SIGINT), Watch()
    with pytest.raises(KeyboardInterrupt):
        run(100, watch, Endless())
    assert watch.seen == [("start", 100), ("end", 1)]
    assert signal.getsignal(signal.SIGINT) is handler


def test_one_interrupt_does_not_cut_the_end_of_a_callback(run):
    class Slow(Watch):
        def end(self, agent):
            os.kill(os.getpid(), signal.SIGINT)
            super().end(agent)

    slow = Slow()
    run(3, slow)
    assert slow.seen[-1] == ("end", 3)


def test_an_exception_is_raised_and_the_callbacks_still_end(run):
    class Broken(Callback):
        def step(self, agent):
            raise RuntimeError("broken")

    watch = Watch()
    with pytest.raises(RuntimeError, match="broken"):
        run(10, watch, Broken())
    assert watch.seen[-1] == ("end", 1)


def test_a_callback_that_cannot_start_says_so_itself(run):
    class Broken(Watch):
        def start(self, agent, steps):
            raise OSError("no space")

    first, broken, never = Watch(), Broken(), Watch()
    with pytest.raises(OSError, match="no space"):
        run(10, first, broken, never)
    assert first.seen == [("start", 10), ("end", 0)]
    assert broken.seen == never.seen == []
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


# Evaluate and KeepBest


def test_evaluation_is_noise_free_and_changes_nothing():
    losses = []
    for callbacks in ((), (Evaluate(every=50, starts=STARTS),)):
        env = make_env(seed=0)
        agent = DDPG(env, seed=0, recipe=SHORT)
        history = train(env, agent, 200, callbacks)
        losses.append(history["critic_loss"][1])
    np.testing.assert_array_equal(*losses)
    assert history["evaluation"][0].tolist() == history["gap"][0].tolist() == [50, 100, 150, 200]
    returns = evaluate(agent.act, starts=STARTS)
    assert history["evaluation"][1][-1] == returns.mean()
    assert history["gap"][1][-1] == gap(returns, load_optimum().optimal_returns(STARTS))


def plain(**options):
    return gym.make("Pendulum-v1", **options)


def tenth(reward):
    return reward / 10


class Recorded(gym.Wrapper, gym.utils.RecordConstructorArgs):
    """A wrapper of one's own, which gymnasium can make again."""

    def __init__(self, env, bonus):
        gym.utils.RecordConstructorArgs.__init__(self, bonus=bonus)
        super().__init__(env)
        self.bonus = bonus

    def step(self, action):
        state, reward, *rest = self.env.step(action)
        return state, reward + self.bonus, *rest


PLACES = {
    "options": lambda: make_env("Pendulum-v1", g=2.0),
    "time limit": lambda: make_env("Pendulum-v1", max_episode_steps=20),
    "reward": lambda: make_env(gym.wrappers.TransformReward(plain(), tenth)),
    "reward, outside": lambda: gym.wrappers.TransformReward(make_env(), lambda r: 1.0),
    "states": lambda: make_env(gym.wrappers.RescaleObservation(plain(), -1, 1)),
    "statistics": lambda: make_env(gym.wrappers.NormalizeObservation(plain())),
    "own wrapper": lambda: make_env(Recorded(plain(), bonus=5.0)),
    "other sizes": lambda: make_env("MountainCarContinuous-v0", max_episode_steps=50),
}


@pytest.mark.parametrize("make", PLACES.values(), ids=PLACES)
def test_evaluates_in_the_environment_that_it_trains_in(make):
    """The same returns as through an environment made by hand, and no gap to the plain optimum."""
    agent = DDPG(make(), seed=0, recipe=SHORT)
    keep = KeepBest(every=20, starts=STARTS)
    history = train(make(), agent, 20, [Evaluate(every=20, starts=STARTS), keep])
    expected = evaluate(agent.act, make, STARTS).mean()
    assert history["evaluation"][1].tolist() == [expected] == [keep.score]
    assert "gap" not in history.series


@pytest.mark.parametrize(
    "make",
    [
        make_env,
        lambda: make_env(plain(render_mode="rgb_array")),
        lambda: gym.wrappers.RecordEpisodeStatistics(make_env()),
    ],
)
def test_the_plain_pendulum_is_known_whoever_watches_it(make):
    agent = DDPG(make(), seed=0, recipe=SHORT)
    history = train(make(), agent, 1, [Evaluate(every=1, starts=STARTS)])
    assert history["evaluation"][1] == evaluate(agent.act, starts=STARTS).mean()
    assert len(history["gap"][1]) == 1


class Local(gym.Wrapper):
    """A wrapper of one's own, which doesn't record how it was made."""


@pytest.mark.parametrize(
    "make", [probes.BestAction, lambda: make_env(Local(plain()))], ids=["no spec", "own wrapper"]
)
def test_asks_before_the_run_for_a_function_where_it_cannot_know(make):
    agent, starts = DDPG(make(), seed=0, recipe=SHORT), range(2)
    with pytest.raises(ValueError, match=r"made a second time.*Evaluate\(env=lambda"):
        train(make(), agent, 10, [Evaluate(every=5)])
    assert agent.steps == 0
    assert len(train(make(), agent, 5, [Evaluate(5, make, starts)])["evaluation"][1]) == 1


@pytest.mark.parametrize(
    ("env", "words"),
    [
        ("MountainCarContinuous-v0", r"shape \(2,\)|has \(2,\)"),
        (plain, "make_env"),
        (make_env("MountainCarContinuous-v0").spec, r"\(2,\)"),
    ],
)
def test_refuses_before_the_run_what_does_not_fit_the_agent(run, agent, env, words):
    with pytest.raises(ValueError, match=words):
        run(10, Evaluate(env=env))
    assert agent.steps == 0


def test_keep_best_keeps_the_best_and_not_the_last(run, agent):
    keep, every = KeepBest(every=50, starts=STARTS), Evaluate(every=50, starts=STARTS)
    run(200, every, keep)
    steps, values = run(350, every, keep)["evaluation"]  # a second call goes on
    assert keep.score == values.max()
    assert keep.at_step == steps[values.argmax()]
    assert evaluate(keep.policy, starts=STARTS).mean() == keep.score
    assert not set(keep.network.parameters()) & set(agent.actor.parameters())


def test_keep_best_forgets_another_agent():
    keep = KeepBest(every=20, starts=STARTS)
    for seed in (0, 1):
        agent = DDPG(make_env(), seed=seed, recipe=SHORT)
        train(make_env(seed=seed), agent, 20, [keep])
        assert keep.score == evaluate(agent.act, starts=STARTS).mean()
        state = np.ones(3, np.float32)
        np.testing.assert_array_equal(keep.policy(state), agent.act(state))


# Progress, TensorBoard, History


def test_progress_is_printed_at_ends_of_episodes(run, capsys):
    history = run(850, PrintProgress(every=2))
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[1] for line in lines] == ["400", "800"]
    assert f"{history['return'][1][2:4].mean():.1f}" in lines[1]


def events(folder):
    return EventAccumulator(str(folder), size_guidance={"scalars": 0}).Reload()


def test_tensorboard_holds_every_number(run, tmp_path):
    board = TensorBoard(tmp_path / "events", every=100)
    run(130, board)
    history = run(230, board)  # the same agent goes on in the same folder
    written = events(tmp_path / "events" / "run-1")
    assert set(written.Tags()["scalars"]) == {"critic_loss", "actor_loss", "return", "length"} - (
        set() if "return" in history.series else {"return", "length"}
    )
    steps, values = history["critic_loss"]
    assert [e.step for e in written.Scalars("critic_loss")] == steps.tolist()
    np.testing.assert_allclose([e.value for e in written.Scalars("critic_loss")], values, rtol=1e-6)
    assert [p.name for p in (tmp_path / "events").iterdir()] == ["run-1"]


@pytest.mark.parametrize("same_object", [True, False])
def test_tensorboard_draws_two_agents_as_two_runs(tmp_path, same_object):
    board = TensorBoard(tmp_path)
    for seed in (0, 1):
        board = board if same_object else TensorBoard(tmp_path)
        agent = DDPG(make_env(), seed=seed, recipe=SHORT)
        losses = train(make_env(seed=seed), agent, 70, [board])["critic_loss"][1]
        written = [e.value for e in events(tmp_path / f"run-{seed + 1}").Scalars("critic_loss")]
        np.testing.assert_allclose(written, losses, rtol=1e-6)


def test_tensorboard_finds_another_folder_where_it_cannot_write(run, tmp_path):
    (tmp_path / "a file").touch()
    board = TensorBoard(tmp_path / "a file" / "events")
    with pytest.warns(UserWarning, match="a file.*TensorBoard events go to"):
        run(70, board)
    assert "critic_loss" in events(board.folder).Tags()["scalars"]


def test_tensorboard_is_imported_only_when_it_is_used():
    lines = "import sys, helpers.callbacks; assert 'torch.utils.tensorboard' not in sys.modules"
    subprocess.run([sys.executable, "-c", lines], check=True)


def test_history_by_hand():
    history = History()
    history.record(1)
    history.record(2, loss=4.0, **{"return": 3.5})
    history.record(3, loss=np.float32(5.0))
    assert [column.tolist() for column in history["return"]] == [[2], [3.5]]
    assert [column.tolist() for column in history["loss"]] == [[2, 3], [4.0, 5.0]]
    assert [len(column) for column in history["unknown"]] == [0, 0]
    assert "unknown" not in history.series
    again = History()
    again.load_state_dict(history.state_dict())
    history.record(4, loss=1.0)
    assert again["loss"][1].tolist() == [4.0, 5.0]
