"""Answers to the exercise on measuring an agent."""

import numpy as np

from helpers.checks import check_evaluation


def right(agent, env, seeds):
    returns = []
    for seed in seeds:
        s, _ = env.reset(seed=seed)
        total, over = 0.0, False
        while not over:
            s, r, terminated, truncated, _ = env.step(agent.act(s))
            total += r
            over = terminated or truncated
        returns.append(total)
    return np.array(returns)


class Changed:
    """An agent or an environment with some methods replaced: a way to make a mistake."""

    def __init__(self, original, **methods):
        self.original, self.methods = original, methods

    def __getattr__(self, name):
        return self.methods.get(name) or getattr(self.original, name)


def untouched(agent, env, seeds):
    returns = []
    for seed in seeds:
        _s, _ = env.reset(seed=seed)
        ...
    return np.array(returns)


def as_list(agent, env, seeds):
    return right(agent, env, seeds).tolist()


def noisy(agent, env, seeds):
    return right(Changed(agent, act=agent.explore), env, seeds)


def learning(agent, env, seeds):
    def act(s):
        agent.learn()
        return agent.act(s)

    return right(Changed(agent, act=act), env, seeds)


def without_seeds(agent, env, seeds):
    return right(agent, Changed(env, reset=lambda seed: env.reset()), seeds)


def running_sum(agent, env, seeds):
    return np.cumsum(right(agent, env, seeds))


def mean_reward(agent, env, seeds):
    return right(agent, env, seeds) / 4


def rewards_of(agent, env, seed):
    s, _ = env.reset(seed=seed)
    rewards, over = [], False
    while not over:
        s, r, terminated, truncated, _ = env.step(agent.act(s))
        rewards.append(r)
        over = terminated or truncated
    return np.array(rewards)


def last_reward(agent, env, seeds):
    return [rewards_of(agent, env, seed)[-1] for seed in seeds]


def without_the_last(agent, env, seeds):
    return [rewards_of(agent, env, seed)[:-1].sum() for seed in seeds]


def discounted(agent, env, seeds):
    return [rewards_of(agent, env, seed) @ 0.99 ** np.arange(4) for seed in seeds]


def one_step(agent, env, seeds):
    return [rewards_of(agent, env, seed)[0] for seed in seeds]


def each_reward(agent, env, seeds):
    return np.concatenate([rewards_of(agent, env, seed) for seed in seeds])


def one_number(agent, env, seeds):
    return right(agent, env, seeds).mean()


def never_ends(agent, env, seeds):
    for seed in seeds:
        s, _ = env.reset(seed=seed)
        terminated = False
        while not terminated:
            s, _, terminated, _, _ = env.step(agent.act(s))


def half(agent, env, seeds):
    return right(agent, env, seeds) / 2


ROWS = [
    (right, "Right: one return from each start, without noise"),
    (as_list, "Right"),
    (untouched, "still to be written"),
    (lambda agent, env, seeds: None, "still to be written"),
    (noisy, "its noise is on", "noise in the evaluation"),
    (learning, "it has practised on the test"),
    (without_seeds, "the starts are not those asked for"),
    (running_sum, "goes on from episode to episode"),
    (mean_reward, "the mean reward of a step"),
    (last_reward, "the last reward alone"),
    (without_the_last, "the last reward is missing"),
    (discounted, "it discounts"),
    (one_step, "it stopped after one step"),
    (one_number, "for 3 starts it gave the shape (): one return"),
    (each_reward, "for 3 starts it gave the shape (12,): one return"),
    (never_ends, "it went on after the end"),
    (half, "from seed 4 the return is 2.2, not 1.1"),
]
ANSWERS = [(check_evaluation, *row) for row in ROWS]
