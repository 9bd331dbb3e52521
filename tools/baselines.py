"""What `python tools/benchmark.py` compares: this project, two libraries, and a textbook loop.

Each can take `steps(n)` of a training and, once it learns, `updates(n)` alone. All have layers of
400 and 300 units and train in `make_env()`. What a contender needs is imported when it is made.
`python tools/baselines.py NAME SEED STEPS BEGAN` trains one and says when it was how good.
"""

import copy
import json
import os
import sys
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))  # this file runs from anywhere

import numpy as np

from helpers.environment import make_env

BATCH, BUFFER, GAMMA, TAU, RANDOM_STEPS = 64, 200_000, 0.98, 0.005, 1_000
EVERY = 1_000  # steps between two policies that are kept
Layers = list[tuple[np.ndarray, np.ndarray]]  # of a policy: weights (in, out) and biases (out,)

# rl-baselines3-zoo, hyperparams/ddpg.yml, Pendulum-v1; batches of 256 are both libraries' default
ZOO = {
    "gamma": 0.98,
    "buffer_size": 200_000,
    "learning_starts": 10_000,
    "batch_size": 256,
    "learning_rate": 1e-3,
    "train_freq": 1,
    "gradient_steps": 1,
}
CONTROL = ZOO | {"learning_starts": RANDOM_STEPS, "batch_size": BATCH}


class Ours:
    """This project, with the recipe of the series and no callbacks."""

    def __init__(self, seed: int = 0):
        from helpers.agent import DDPG

        self.env = make_env(seed=seed)
        self.agent = DDPG(self.env, seed=seed)

    def steps(self, n: int) -> None:
        """Train for n steps."""
        from helpers.training import train

        train(self.env, self.agent, self.agent.steps + n)

    def updates(self, n: int) -> None:
        """Learn n times from the replay buffer, as in `train`."""
        from helpers.training import flush_denormals

        with flush_denormals():
            for _ in range(n):
                self.agent.learn()

    def policy(self) -> Layers:
        """The layers of the policy as they are now."""
        layers = [getattr(self.agent.policy, f"layer{k}") for k in (1, 2, 3)]
        return [torch_layer(layer) for layer in layers]


class StableBaselines3:
    """The DDPG of stable-baselines3; the action enters at its critic's first layer."""

    def __init__(self, seed: int = 0, **settings):
        from stable_baselines3.common.noise import NormalActionNoise

        self.model = self.algorithm()(
            "MlpPolicy",
            make_env(seed=seed),
            action_noise=NormalActionNoise(np.zeros(1), 0.1 * np.ones(1)),
            policy_kwargs={"net_arch": [400, 300]},
            device="cpu",
            seed=seed,
            **settings,
        )

    def algorithm(self) -> Callable:
        """The class of the algorithm."""
        from stable_baselines3 import DDPG

        return DDPG

    def steps(self, n: int) -> None:
        """Train for n steps."""
        self.model.learn(n, log_interval=None, reset_num_timesteps=False)

    def updates(self, n: int) -> None:
        """Learn n times from the replay buffer."""
        for _ in range(n):
            self.model.train(gradient_steps=1, batch_size=self.model.batch_size)

    def policy(self) -> Layers:
        """The layers of the policy as they are now."""
        return [torch_layer(layer) for layer in self.model.actor.mu if hasattr(layer, "weight")]


class Sbx(StableBaselines3):
    """The DDPG of SBX, which is stable-baselines3 with its updates compiled by JAX."""

    def algorithm(self) -> Callable:
        """The class of the algorithm."""
        from sbx import DDPG

        return partial(DDPG, qf_learning_rate=1e-3)

    def policy(self) -> Layers:
        """The layers of the policy as they are now."""
        params = self.model.policy.actor_state.params["params"]
        layers = [params[f"Dense_{k}"] for k in range(3)]
        return [(np.array(layer["kernel"]), np.array(layer["bias"])) for layer in layers]


class Textbook:
    """Algorithm 1 as it is usually written: five arrays, PyTorch's defaults, no care for speed.

    The networks are those of this project, with the action at the critic's second layer.
    """

    def __init__(self, seed: int = 0):
        from torch.optim import Adam

        from helpers.networks import Actor, Critic
        from helpers.noise import OrnsteinUhlenbeck

        self.env, self.rng, self.added = make_env(seed=seed), np.random.default_rng(seed), 0
        self.s, _ = self.env.reset()
        self.actor, self.critic = Actor(3, 1), Critic(3, 1)
        self.target_actor = copy.deepcopy(self.actor)
        self.target_critic = copy.deepcopy(self.critic)
        self.actor_optimizer = Adam(self.actor.parameters(), lr=1e-4)
        self.critic_optimizer = Adam(self.critic.parameters(), lr=1e-3)
        self.noise = OrnsteinUhlenbeck(1, seed=seed)
        self.arrays = [np.zeros((BUFFER, n), dtype=np.float32) for n in (3, 1, 1, 3, 1)]

    def steps(self, n: int) -> None:
        """Act, store, learn, n times."""
        import torch

        for _ in range(n):
            with torch.no_grad():
                a = self.actor(torch.FloatTensor(self.s)).numpy()
            a = np.clip(a + self.noise(), -1, 1)
            s_next, r, terminated, truncated, _ = self.env.step(a)
            for array, value in zip(self.arrays, (self.s, a, r, s_next, terminated), strict=True):
                array[self.added % BUFFER] = value
            self.added += 1
            self.s = s_next
            if terminated or truncated:
                self.s, _ = self.env.reset()
                self.noise.reset()
            if self.added >= BATCH:
                self.updates(1)

    def updates(self, n: int) -> None:
        """Update both networks and their targets n times."""
        import torch
        import torch.nn.functional as F

        for _ in range(n):
            rows = self.rng.integers(min(self.added, BUFFER), size=BATCH)
            s, a, r, s_next, terminated = (torch.FloatTensor(array[rows]) for array in self.arrays)
            with torch.no_grad():
                q_next = self.target_critic(s_next, self.target_actor(s_next))
                y = r + GAMMA * (1 - terminated) * q_next
            critic_loss = F.mse_loss(self.critic(s, a), y)
            self.critic_optimizer.zero_grad()
            critic_loss.backward()
            self.critic_optimizer.step()
            actor_loss = -self.critic(s, self.actor(s)).mean()
            self.actor_optimizer.zero_grad()
            actor_loss.backward()
            self.actor_optimizer.step()
            for target, online in [
                (self.target_actor, self.actor), (self.target_critic, self.critic),
            ]:  # fmt: skip
                for old, new in zip(target.parameters(), online.parameters(), strict=True):
                    old.data.copy_(TAU * new.data + (1 - TAU) * old.data)


# with batches of 64; `python tools/benchmark.py speed` times their steps and updates
SPEED: dict[str, Callable] = {
    "this project": Ours,
    "stable-baselines3": partial(StableBaselines3, **CONTROL),
    "SBX": partial(Sbx, **CONTROL),
    "a textbook loop": Textbook,
}
# `python tools/benchmark.py solved` times them from the start of their process
SOLVED: dict[str, Callable] = {
    "this project, `modern`": Ours,
    "stable-baselines3, recipe of rl-baselines3-zoo": partial(StableBaselines3, **ZOO),
    "SBX, recipe of rl-baselines3-zoo": partial(Sbx, **ZOO),
    "stable-baselines3, batch 64, 1,000 random steps": partial(StableBaselines3, **CONTROL),
    "SBX, batch 64, 1,000 random steps": partial(Sbx, **CONTROL),
}


class OurReplay:
    """Prioritised replay as notebook 12 builds it, full, with these TD errors."""

    def __init__(self, errors: np.ndarray):
        import torch

        from helpers.extensions import PrioritizedReplay

        self.buffer = PrioritizedReplay(len(errors), 3, 1, seed=0)
        self.buffer.added = len(errors)
        self.buffer.rows[:, 0] = np.arange(len(errors))  # the state says which place was drawn
        self.buffer.report(np.arange(len(errors)), torch.from_numpy(errors)[:, None])
        self.fresh = torch.rand(BATCH, 1)

    def batches(self, n: int) -> None:
        """Draw n batches, and report new errors for each."""
        for _ in range(n):
            self.buffer.sample(BATCH).report(self.fresh)

    def draw(self) -> tuple[np.ndarray, np.ndarray]:
        """The places of a batch and their importance weights, for a beta of 0.4."""
        self.buffer.beta, self.buffer.anneal = 0.4, np.inf
        batch = self.buffer.sample(BATCH)
        return batch.s[:, 0].long().numpy(), batch.weight[:, 0].numpy()


class Cpprb:
    """The prioritised replay of cpprb, whose tree is written in C++."""

    def __init__(self, errors: np.ndarray):
        from cpprb import PrioritizedReplayBuffer

        n = len(errors)
        shapes = {"s": 3, "a": 1, "r": 1, "s_next": 3, "terminated": 1}
        fields = {name: {"shape": size} for name, size in shapes.items()}
        self.buffer = PrioritizedReplayBuffer(n, fields, alpha=0.6, eps=1e-6)
        self.buffer.add(**{name: np.zeros((n, size)) for name, size in shapes.items()})
        self.buffer.update_priorities(np.arange(n), errors)
        self.fresh = np.random.default_rng(0).uniform(size=BATCH)

    def batches(self, n: int) -> None:
        """Draw n batches, and report new errors for each."""
        for _ in range(n):
            drawn = self.buffer.sample(BATCH, beta=0.4)
            self.buffer.update_priorities(drawn["indexes"], self.fresh)

    def draw(self) -> tuple[np.ndarray, np.ndarray]:
        """The places of a batch and their importance weights, for a beta of 0.4."""
        drawn = self.buffer.sample(BATCH, beta=0.4)
        return drawn["indexes"], drawn["weights"]


REPLAY = {"this project": OurReplay, "cpprb": Cpprb}


def torch_layer(layer) -> tuple[np.ndarray, np.ndarray]:
    """The weights and biases of a linear layer of PyTorch, copied."""
    return layer.weight.detach().numpy().T.copy(), layer.bias.detach().numpy().copy()


def act(layers: Layers, states: np.ndarray) -> np.ndarray:
    """The actions (N, 1) of a kept policy for states (N, 3)."""
    *hidden, (w, b) = layers
    for weights, biases in hidden:
        states = np.maximum(states @ weights + biases, 0)
    return np.tanh(states @ w + b)


def use_cores(number: int) -> None:
    """Confine this process to some cores, where the system can; threads that follow inherit it."""
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[-number:])


def train_and_evaluate(contender, steps: int, began: float, every: int = EVERY) -> dict:
    """The seconds since `began` after every 1,000 steps, and the gap of the policy there was then.

    All policies are evaluated once the training is over, so that it takes no time of the training.
    """
    seconds, policies = [], []
    for _ in range(steps // every):
        contender.steps(every)
        seconds.append(time.time() - began)
        policies.append(partial(act, contender.policy()))

    from helpers.evaluation.returns import EVALUATION_STARTS, evaluate, gap
    from helpers.pendulum.optimum import load_optimum

    best = load_optimum().optimal_returns(EVALUATION_STARTS)
    return {"seconds": seconds, "gaps": [gap(evaluate(policy), best) for policy in policies]}


if __name__ == "__main__":
    use_cores(1)
    name, seed, steps, began = sys.argv[1:]
    found = train_and_evaluate(SOLVED[name](seed=int(seed)), int(steps), float(began))
    print(json.dumps(found))
