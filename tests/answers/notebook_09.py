"""Answers to the exercises of notebook 09."""

import numpy as np

from answers.shared import EMPTY, changed
from helpers.agent import DDPG
from helpers.checks import check_evaluation, check_learning_twice, check_stopping
from helpers.training import Callback


def stopping(rule):
    """A callback that ends the run where `rule` holds of all gaps up to now."""
    return changed(Callback, step=lambda self, agent: rule(agent.history["gap"][1]))


def last_within(n, limit=0.1):
    """The right rule for n = 3."""
    return lambda gaps: len(gaps) >= n and (gaps[-n:] <= limit).all()


STOPPING = [
    (stopping(last_within(3)), "Right: your callback ends a run at the third"),
    (Callback, "still to be written"),
    (stopping(last_within(3, limit=0.0)), "and it went on"),
    (stopping(last_within(2)), "only two gaps"),
    (stopping(lambda gaps: (gaps <= 0.1).sum() >= 3), "not three in a row"),
    (
        stopping(lambda gaps: len(gaps) >= 3 and gaps[-3:].mean() <= 0.1),
        "the mean is small, but one is not",
    ),
    (stopping(lambda gaps: (gaps[-3:] <= 0.1).all()), "it stopped"),
]


def summed(of=np.sum):
    """An evaluation that gives `of` the rewards of each episode."""

    def evaluate(agent, env, seeds):
        found = []
        for seed in seeds:
            s, _ = env.reset(seed=seed)
            rewards, over = [], False
            while not over:
                s, r, terminated, truncated, _ = env.step(agent.act(s))
                rewards.append(r)
                over = terminated or truncated
            found.append(of(rewards))
        return np.array(found)

    return evaluate


right = summed()


class Changed:
    """An agent or an environment with some methods replaced: a way to make a mistake."""

    def __init__(self, original, **methods):
        self.original, self.methods = original, methods

    def __getattr__(self, name):
        return self.methods.get(name) or getattr(self.original, name)


def learning(agent, env, seeds):
    def act(s):
        agent.learn()
        return agent.act(s)

    return right(Changed(agent, act=act), env, seeds)


def never_ends(agent, env, seeds):
    env.reset(seed=seeds[0])
    while True:
        env.step(np.zeros(1))


EVALUATIONS = [
    (right, "Right: one return from each start, without noise"),
    (lambda *args: right(*args).tolist(), "Right"),
    (lambda agent, env, seeds: np.array([]), "still to be written"),
    *EMPTY,
    (
        lambda agent, env, seeds: right(Changed(agent, act=agent.explore), env, seeds),
        "its noise is on",
        "noise in the evaluation",
    ),
    (learning, "it has practised on the test"),
    (
        lambda agent, env, seeds: right(agent, Changed(env, reset=lambda seed: env.reset()), seeds),
        "the starts aren't those asked for",
    ),
    (lambda *args: np.cumsum(right(*args)), "goes on from episode to episode"),
    (summed(np.mean), "the mean reward of a step"),
    (summed(lambda rewards: rewards[-1]), "the last reward alone"),
    (summed(lambda rewards: sum(rewards[:-1])), "the last reward is missing"),
    (summed(lambda rewards: rewards @ 0.99 ** np.arange(4)), "it discounts"),
    (summed(lambda rewards: rewards[0]), "it stopped after one step"),
    (lambda *args: right(*args).mean(), "for 3 starts it gave the shape (): one return"),
    (
        lambda *args: summed(np.array)(*args).ravel(),
        "for 3 starts it gave the shape (12,): one return",
    ),
    (never_ends, "it went on after the end"),
    (lambda *args: right(*args) / 2, "from seed 4 the return is 2.2, not 1.1"),
]


def learned(agent, times):
    """What learning so many times gives the last time."""
    return [DDPG.learn(agent) for _ in range(times)][-1]


class InWarmup(DDPG):
    def learn(self):
        if len(self.buffer):
            self.buffer.sample(1)
        return super().learn()


class Itself(DDPG):
    def learn(self):
        super().learn()
        return self.learn()


TWICE = [
    (changed(DDPG, learn=lambda agent: learned(agent, 2)), "Right: each call of learn makes two"),
    (changed(DDPG, learn=lambda agent: None), "still to be written"),
    (DDPG, "drew 1 batch(es), where 2"),
    (
        changed(DDPG, learn=lambda agent: learned(agent, 2) and None),
        "give back what super().learn() gives",
    ),
    (changed(DDPG, learn=lambda agent: learned(agent, 3)), "drew 3 batch(es)"),
    (InWarmup, "before learning_starts"),
    (Itself, "it raised RecursionError"),
]
ANSWERS = {check_stopping: STOPPING, check_evaluation: EVALUATIONS, check_learning_twice: TWICE}
