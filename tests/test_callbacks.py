import os
import signal

import numpy as np
import pytest
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

from helpers.agent import DDPG
from helpers.callbacks import Callback, Evaluate, KeepBest, PrintProgress
from helpers.environment import make_env
from helpers.evaluation import evaluate, gap
from helpers.events import TensorBoard
from helpers.history import History
from helpers.optimal import load_optimum
from helpers.recipes import Recipe
from helpers.training import train

SHORT = Recipe(warmup=64, memory=1_000)


@pytest.fixture
def run():
    env = make_env(seed=0)
    agent = DDPG(env, seed=0, recipe=SHORT)
    return lambda steps, *callbacks: train(env, agent, steps, callbacks)


class Watch(Callback):
    def __init__(self, stop_at=None, interrupt_at=()):
        self.seen, self.stop_at, self.interrupt_at = [], stop_at, interrupt_at

    def start(self, agent, steps):
        self.seen.append(("start", steps))

    def step(self, agent):
        if agent.history.step in self.interrupt_at:
            os.kill(os.getpid(), signal.SIGINT)
        return agent.history.step == self.stop_at

    def end(self, agent):
        self.seen.append(("end", agent.history.step))


def test_a_callback_can_end_the_run(run):
    watch = Watch(stop_at=7)
    assert run(100, watch).step == 7
    assert watch.seen == [("start", 100), ("end", 7)]


def test_interrupt_ends_the_run_after_the_step_and_keeps_all(run):
    handler, watch = signal.getsignal(signal.SIGINT), Watch(interrupt_at=(80,))
    history = run(200, watch)
    assert history.step == 80
    assert history["critic_loss"][0][-1] == 80
    assert watch.seen[-1] == ("end", 80)
    assert signal.getsignal(signal.SIGINT) is handler


def test_a_second_interrupt_ends_at_once(run):
    class Impatient(Callback):
        def step(self, agent):
            os.kill(os.getpid(), signal.SIGINT)
            os.kill(os.getpid(), signal.SIGINT)

    watch = Watch()
    with pytest.raises(KeyboardInterrupt):
        run(100, Impatient(), watch)
    assert watch.seen[-1][0] == "end"


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


def test_evaluation_is_noise_free_and_changes_nothing():
    returns = []
    for callbacks in ((), (Evaluate(every=50, starts=range(10_000, 10_003)),)):
        env = make_env(seed=0)
        agent = DDPG(env, seed=0, recipe=SHORT)
        history = train(env, agent, 210, callbacks)
        returns.append(history["critic_loss"][1])
    np.testing.assert_array_equal(*returns)
    steps, _ = history["evaluation"]
    assert steps.tolist() == [50, 100, 150, 200]
    agent_now = evaluate(agent.act, starts=range(10_000, 10_003))
    best = load_optimum().optimal_returns(range(10_000, 10_003))
    Evaluate(every=1, starts=range(10_000, 10_003)).step(agent)
    assert history["gap"][1][-1] == gap(agent_now, best)


def test_keep_best_keeps_the_best_and_not_the_last(run):
    starts = range(20_000, 20_002)
    keep, every = KeepBest(every=50, starts=starts), Evaluate(every=50, starts=starts)
    steps, values = run(350, every, keep)["evaluation"]
    assert keep.score == values.max() > values[-1] or keep.at_step == 350
    assert keep.at_step == steps[values.argmax()]
    assert evaluate(keep.policy, starts=starts).mean() == pytest.approx(keep.score)


def test_progress_is_printed_at_ends_of_episodes(run, capsys):
    history = run(850, PrintProgress(every=2))
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[1] for line in lines] == ["400", "800"]
    assert f"{history['return'][1][2:4].mean():.1f}" in lines[1]


def test_tensorboard_holds_every_number(run, tmp_path):
    history = run(230, TensorBoard(tmp_path / "events", every=100))
    events = EventAccumulator(str(tmp_path / "events"), size_guidance={"scalars": 0}).Reload()
    assert set(events.Tags()["scalars"]) == {"critic_loss", "actor_loss", "return", "length"}
    for name in ("critic_loss", "return"):
        steps, values = history[name]
        assert [e.step for e in events.Scalars(name)] == steps.tolist()
        np.testing.assert_allclose([e.value for e in events.Scalars(name)], values, rtol=1e-6)


def test_tensorboard_finds_another_folder_where_it_cannot_write(run, tmp_path):
    (tmp_path / "a file").touch()
    board = TensorBoard(tmp_path / "a file" / "events")
    with pytest.warns(UserWarning, match="a file.*the TensorBoard events go to"):
        run(230, board)
    assert "return" in EventAccumulator(str(board.path)).Reload().Tags()["scalars"]


def test_history_by_hand():
    history = History()
    history.advance(np.zeros(1), 1.0, False, {})
    history.advance(np.ones(1), 2.5, True, {"loss": 4.0})
    history.advance(np.zeros(1), -1.0, False, {"loss": 5.0})
    assert [column.tolist() for column in history["return"]] == [[2], [3.5]]
    assert [column.tolist() for column in history["length"]] == [[2], [2.0]]
    assert [column.tolist() for column in history["loss"]] == [[2, 3], [4.0, 5.0]]
    assert [len(column) for column in history["unknown"]] == [0, 0]
    assert "unknown" not in history.series
    assert history.episode_return == -1.0
