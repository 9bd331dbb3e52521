"""Noise-free evaluation while an agent trains: record it, and keep the best policy."""

import copy
from collections.abc import Sequence
from dataclasses import replace
from functools import partial

import gymnasium as gym
import numpy as np
from gymnasium.envs.registration import EnvSpec

from helpers.env_checker import CheckedEnv
from helpers.environment import make_env
from helpers.evaluation.returns import (
    EVALUATION_STARTS,
    SELECTION_STARTS,
    Env,
    create,
    evaluate,
    gap,
)
from helpers.pendulum.optimum import load_optimum
from helpers.training import Callback
from helpers.validation import check_steps

PENDULUM = "Pendulum-v1"  # with its default options: the only one whose optimum is known
ONLY_WATCH = {"HumanRendering", "RecordEpisodeStatistics", "RecordVideo", "RenderCollection"}


def same_kind(env: gym.Env) -> Env:
    """A name or spec for environments like `env`, with its options and wrappers, not rendered.

    Raises ValueError where gymnasium doesn't know how `env` was made.
    """
    try:
        spec = without_rendering(env.spec)
        gym.make(spec).close()
    except Exception as error:  # no spec, or whatever a constructor may raise
        raise ValueError(
            f"{env} can't be made a second time, to evaluate in: "
            "give a function that makes one, such as Evaluate(env=lambda: make_env(...))."
        ) from error
    plain = by_name(spec) == by_name(without_rendering(make_env(PENDULUM).spec))
    return PENDULUM if plain else spec


def by_name(spec: EnvSpec) -> EnvSpec:
    """The same EnvSpec with wrappers identified by name: a notebook may define one again."""
    wrappers = tuple(replace(w, entry_point=w.name) for w in spec.additional_wrappers)
    return replace(spec, additional_wrappers=wrappers)


def without_rendering(spec: EnvSpec) -> EnvSpec:
    """The same EnvSpec without rendering, and without wrappers that only watch."""
    options = {key: value for key, value in spec.kwargs.items() if key != "render_mode"}
    wrappers = tuple(w for w in spec.additional_wrappers if w.name not in ONLY_WATCH)
    return replace(spec, kwargs=options, additional_wrappers=wrappers)


class Evaluate(Callback):
    """Records "evaluation", the mean noise-free return from fixed starts, every `every` steps.

    `env` is a name, an EnvSpec, or a function that makes the environment. None stands for the one
    in which the agent trains, made again with its options and wrappers: without what was changed in
    it later, and with running statistics, such as NormalizeObservation's, from scratch. In
    Pendulum-v1 with its default options it also records "gap": how far the mean return lies below
    the best one, as a fraction of it.

    Raises ValueError before the run if the agent can't act there.
    """

    def __init__(
        self,
        every: int = 1_000,
        env: Env | None = None,
        starts: Sequence[int] = EVALUATION_STARTS,
    ):
        check_steps(every, "The steps from one evaluation to the next", least=1)
        self.every, self.env, self.starts = every, env, starts

    def start(self, agent, steps: int) -> None:
        """Find out where to evaluate, and whether the agent can act there."""
        self.place = same_kind(agent.env) if self.env is None else self.env
        CheckedEnv(create(self.place), agent).close()
        plain = self.place == PENDULUM
        self.best = load_optimum().optimal_returns(self.starts) if plain else None

    def step(self, agent) -> None:
        """Evaluate if it's due."""
        if agent.steps % self.every == 0:
            self.take(agent, evaluate(agent.act, self.place, self.starts))

    def take(self, agent, returns: np.ndarray) -> None:
        """Record the returns, (starts,), of the policy as it is now."""
        agent.history.record(agent.steps, evaluation=returns.mean())
        if self.best is not None:
            agent.history.record(agent.steps, gap=gap(returns, self.best))


class KeepBest(Evaluate):
    """Keeps the agent's policy from the moment when its noise-free return was best.

    Afterwards `policy(states)` acts as it did at step `at_step`, where its mean return was `score`;
    `network` is its network. It chooses on the selection starts; report the choice on the
    evaluation starts, or luck in the choice would count as skill. For another agent it starts over.
    `env` is as in Evaluate.
    """

    def __init__(
        self,
        every: int = 1_000,
        env: Env | None = None,
        starts: Sequence[int] = SELECTION_STARTS,
    ):
        super().__init__(every, env, starts)
        self.agent = None

    def start(self, agent, steps: int) -> None:
        """Forget what was kept of another agent."""
        super().start(agent, steps)
        if agent is not self.agent:
            self.agent, self.score, self.at_step = agent, -np.inf, None
            self.network = self.policy = None

    def take(self, agent, returns: np.ndarray) -> None:
        """Keep a copy of the policy if it is the best so far."""
        if returns.mean() > self.score:
            self.score, self.at_step = returns.mean(), agent.steps
            self.network = copy.deepcopy(agent.policy)
            self.policy = partial(agent.predict, self.network)
