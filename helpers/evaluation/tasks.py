"""Tasks beyond Pendulum: other gymnasium environments, and how to train DDPG on each.

The recordings of `mountain_car`, `hopper`, `walker`, `ant` and `humanoid` were made with an earlier
form of the critic.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import NamedTuple

import gymnasium as gym
import numpy as np
import torch
from gymnasium.wrappers import RescaleObservation

from helpers.environment import make_env
from helpers.evaluation.recordings import TASKS_FOLDER
from helpers.evaluation.simulators import warn_in_python
from helpers.extensions.small import SmallActor, SmallCritic
from helpers.networks import Actor
from helpers.noise import Gaussian, OrnsteinUhlenbeck
from helpers.pendulum.controllers import Policy
from helpers.recipes import Recipe


class Published(NamedTuple):
    """A return of DDPG that others have published, to compare with."""

    value: float
    where: str  # environment and steps, and who


@dataclass(frozen=True)
class Task:
    """An environment, and how DDPG is trained there: recipe, number of steps, and why so."""

    env_id: str
    recipe: Recipe
    steps: int
    why: str
    published: Published | None = None
    extra: str | None = None  # what it needs besides: `pip install gymnasium[extra]`
    options: Mapping[str, object] = field(default_factory=dict)  # for `make_env`
    scaled: float = 0  # not 0: the states' numbers are rescaled to [-scaled, scaled], from bounds
    components: Mapping[str, Callable] = field(default_factory=dict)  # for `DDPG`

    def make(self, seed: int | None = None, **options) -> gym.Env:
        """Its environment, with actions in [-1, 1]; `options` go to `gymnasium.make`."""
        if self.extra == "mujoco":
            warn_in_python()
        env = make_env(self.env_id, seed=seed, **self.options, **options)
        reach = np.float32(self.scaled)
        return RescaleObservation(env, -reach, reach) if self.scaled else env


# A patient actor: with Adam's usual ε of 1e-8 it is soon at full force in every state. Noise
# without memory, as is usual for these tasks. Source of the noise: Fujimoto et al. 2018.
patient = Recipe(
    actor_lr=3e-3, actor_adam_eps=1e-2, tau=0.02, weight_decay=0.0, reward_scale=0.1,
    learning_starts=1_000, noise=Gaussian, sigma=0.1,
)  # fmt: skip

# What is usual for these tasks elsewhere, and a mean of the policy. Source: Fujimoto et al. 2018,
# and tianshou's benchmark (Weng et al. 2022), except for a smaller batch and fewer random steps.
usual = Recipe(
    actor_lr=1e-3, tau=0.005, weight_decay=0.0, learning_starts=10_000, noise=Gaussian, sigma=0.1,
    average=5.0,
)  # fmt: skip
SMALL = {"actor": SmallActor, "critic": SmallCritic}  # for long runs

TASKS: dict[str, Task] = {
    "mountain_car": Task(
        "MountainCarContinuous-v0",
        replace(patient, actor_lr=1e-3, actor_adam_eps=1.0, noise=OrnsteinUhlenbeck, sigma=1.0),
        30_000,
        "Noise with memory, which swings the car up by accident. A patient actor (a large ε): a "
        "hasty one believes the young critic, pushes to one side with full force, and may never "
        "stop. Rescaled states: a velocity of at most 0.07 would hardly be noticed.",
        Published(93.5, "MountainCarContinuous-v0, 300,000 steps, rl-baselines3-zoo"),
        scaled=1,
    ),
    "double_pendulum": Task(
        "InvertedDoublePendulum-v5",
        replace(patient, lr_decay_steps=10_000, average=5.0),
        30_000,
        "A patient actor: at this rate and with the usual ε it soon pushes to one side with full "
        "force. Rates that fall, and a mean of the policy, so that what was learned stays. With "
        "random actions the rods fall at once, so the first episodes are short.",
        Published(9355.5, "InvertedDoublePendulum-v1, 1,000,000 steps, Fujimoto et al. 2018"),
        extra="mujoco",
    ),
    "hopper": Task(
        "Hopper-v5",
        patient,
        200_000,
        "The rods' patient actor, with constant rates and no mean. A fall ends the episode, so at "
        "first the replay buffer holds little but falls.",
        Published(2197.0, "Hopper-v3, 1,000,000 steps, tianshou"),
        extra="mujoco",
    ),
    "lander": Task(
        "LunarLander-v3",
        replace(usual, noise=OrnsteinUhlenbeck, sigma=0.3, lr_decay_steps=100_000),
        300_000,
        "The cheetah's (below), but with noise that has a memory: in trials, some agents without "
        "it hovered until the time was up. And with rates that fall, for a steadier end.",
        Published(230.2, "LunarLanderContinuous-v2, 300,000 steps, rl-baselines3-zoo"),
        extra="box2d",
        options={"continuous": True},
        components=SMALL,
    ),
    "walker": Task(
        "BipedalWalker-v3",
        patient,
        200_000,
        "The hopper's; nothing was tuned for it.",
        Published(197.5, "BipedalWalker-v3, 1,000,000 steps, rl-baselines3-zoo"),
        extra="box2d",
    ),
    "cheetah": Task(
        "HalfCheetah-v5",
        usual,
        1_000_000,
        "What is usual elsewhere for such bodies: equal rates, slower targets, rewards as they "
        "come, more random steps. Falling ends nothing; only the time limit does, and that isn't "
        "terminal.",
        Published(11718.7, "HalfCheetah-v3, 1,000,000 steps, tianshou"),
        extra="mujoco",
        components=SMALL,
    ),
    "ant": Task(
        "Ant-v5",
        replace(patient, actor_lr=1e-3, actor_adam_eps=1.0),
        200_000,
        "A still more patient actor: full force in the joints costs more than slow walking earns.",
        Published(1005.3, "Ant-v1, 1,000,000 steps, Fujimoto et al. 2018"),
        extra="mujoco",
    ),
    "humanoid": Task(
        "Humanoid-v5",
        patient,
        200_000,
        "The hopper's again. With 348 numbers in a state and 17 joints it's the largest task here.",
        Published(1699.6, "Humanoid-v4, 1,000,000 steps, CleanRL"),
        extra="mujoco",
    ),
}


def recorded_policy(name: str, folder: str | Path = TASKS_FOLDER) -> Policy:
    """The policy chosen by the first recorded seed of a task.

    It takes states (N, state_dim) and gives actions (N, action_dim) in [-1, 1].
    """
    weights = torch.load(Path(folder, f"{name}.pt"), weights_only=True)
    network = TASKS[name].components.get("actor", Actor)
    actor = network(weights["layer1.weight"].shape[1], weights["layer3.weight"].shape[0])
    actor.load_state_dict(weights)

    @torch.inference_mode()
    def policy(states: np.ndarray) -> np.ndarray:
        return actor(torch.as_tensor(states, dtype=torch.float32)).numpy()

    return policy
