"""What `python tools/record.py` records: one entry for each experiment."""

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field, replace

import gymnasium as gym

from helpers import ablations, batch_norm, bugs, misjudging
from helpers.ablations import HardCopy
from helpers.agent import DDPG, Pieces
from helpers.environment import make_env
from helpers.fingerprint import fingerprint
from helpers.noise import Gaussian
from helpers.recipes import Recipe, modern, paper, tuned, tutorial
from helpers.schedules import inverse_decay, linear_decay
from helpers.tabular import TabularQ, TabularQ41, TabularQ401
from helpers.tasks import TASKS, Task, patient
from helpers.training import train


@dataclass(frozen=True)
class Experiment:
    """One way to train, on Pendulum or on a task, on seeds 0, 1, ..., evaluated now and then."""

    shows: str  # in one sentence
    recipe: Recipe = modern
    pieces: Mapping = field(default_factory=dict)  # in place of the usual ones
    agent: type = DDPG
    environment: Callable = make_env
    steps: int = 10_000
    seeds: int = 10
    every: int = 1_000  # steps between two evaluations
    task: Task | None = None  # None: Pendulum

    def make(self, seed: int) -> gym.Env:
        """The environment to train in."""
        return self.task.make(seed) if self.task else self.environment(seed=seed)

    def definition(self) -> dict:
        """All that decides the numbers, in a form that JSON gives back unchanged."""
        pieces = {k: getattr(piece, "__name__", repr(piece)) for k, piece in self.pieces.items()}
        other = {} if self.environment is make_env else {"environment": self.environment.__name__}
        if self.task:
            task = {"env_id": self.task.env_id, "options": {**self.task.options}}
            other |= {"task": task | {"scaled": self.task.scaled}}
        return other | {
            "agent": self.agent.__name__,
            "pieces": pieces,
            "recipe": asdict(self.recipe) | {"noise": self.recipe.noise.__name__},
            "steps": self.steps,
            "every": self.every,
            "code": self.code(),
        }

    def code(self) -> str:
        """A fingerprint of the code that trains: the agent, its pieces, the noise, the loop."""
        pieces = [*vars(Pieces()).values(), *vars(Pieces(**self.pieces)).values()]
        usual = [self.agent, self.recipe.noise, inverse_decay, linear_decay, train]
        other = [] if self.environment is make_env else [self.environment]
        return fingerprint([*usual, *other, *filter(None, pieces)])


def changed(recipe: Recipe) -> dict[str, tuple]:
    """The settings in which a recipe differs from `modern`: the usual value, and its own."""
    usual, own = asdict(modern), asdict(recipe)
    return {name: (usual[name], own[name]) for name in usual if usual[name] != own[name]}


def without(shows: str, agent: type = DDPG, **pieces) -> Experiment:
    """The modern recipe with another piece, or another agent."""
    return Experiment(shows, pieces=pieces, agent=agent)


def other(shows: str, **settings) -> Experiment:
    """The modern recipe with other settings."""
    return Experiment(shows, recipe=replace(modern, **settings))


def beyond(name: str, shows: str, seeds: int = 1, **settings) -> Experiment:
    """A task with its recipe, or with other settings."""
    task = TASKS[name]
    recipe = replace(task.recipe, **settings)
    return Experiment(
        shows, recipe, steps=task.steps, seeds=seeds, every=task.steps // 20, task=task
    )


def table(shows: str, agent: type) -> Experiment:
    """Q-learning with a table, which takes only gamma from the recipe."""
    return Experiment(shows, agent=agent, steps=200_000, every=10_000)


# settings of which notebook 10 shows several values; the recipe's own value is recorded as `modern`
SWEPT = {
    "tau": (0.005, 0.02, 0.1),
    "gamma": (0.95, 0.99, 0.999),
    "actor_rate": (1e-3, 3e-3, 1e-2),
    "critic_rate": (3e-4, 1e-3, 3e-3),
}
SWEEPS = {  # under names such as `tau_0.005`; many, so fewer seeds and steps for each
    f"{setting}_{value:g}": replace(
        other(f"The recipe with {setting} {value:g}.", **{setting: value}), steps=6_000, seeds=5
    )
    for setting, values in SWEPT.items()
    for value in values
    if value != getattr(modern, setting)
}
# `tuned` with one of its settings put back; under names such as `tuned_without_tau`
PUT_BACK = {
    f"tuned_without_{setting}": Experiment(
        f"The settings that a search found, but for {setting}.",
        replace(tuned, **{setting: usual}),
        seeds=5,
    )
    for setting, (usual, _) in changed(tuned).items()
}
SETTLED = (1 - (1 - 0.15) ** 2) ** -0.5  # how much larger than a kick the OU noise gets
unaveraged = replace(modern, average=0.0)  # for pieces whose policy cannot be averaged
# plain Adam, a fast actor, no random steps to speak of: its tanh soon has no slope left
hasty = Recipe(actor_rate=3e-3, weight_decay=0.0, gamma=0.98, tau=0.01)

# the mistakes of notebook 11, whose price shows soon: 6,000 steps are enough
BUGS = {
    "one_start": Experiment(
        "An environment that gets the same seed in every episode: one start state for ever.",
        environment=bugs.env_with_one_start,
    ),
    "unscaled_actions": Experiment(
        "Actions in [-1, 1] sent as they are to a motor that could do twice that.",
        agent=bugs.DDPGInNewtonMetres,
        environment=bugs.env_without_scaling,
    ),
    "biased_noise": other("Noise with kicks from [0, 1).", noise=bugs.BiasedNoise),
    "slow_noise": other("Noise at dt 0.01, never started anew.", noise=bugs.SlowNoise),
    "fan_out": without(
        "Hidden layers that start by their fan-out.",
        actor=bugs.ActorWithFanOut,
        critic=bugs.CriticWithFanOut,
    ),
    "broadcast": without(
        "A critic's loss that compares a row with a column.",
        critic_loss=bugs.broadcast_critic_loss,
    ),
    "live_targets": without(
        "Target networks that are the live networks.", agent=ablations.DDPGWithLiveTargets
    ),
    "tau_reversed": without(
        "Targets in which tau and 1 - tau are exchanged.", soft_update=bugs.soft_update_reversed
    ),
    "next_state_as_state": without(
        "The next state stored as the state.", agent=bugs.DDPGWithNextStateAsState
    ),
    "clean_action": without(
        "The actor's proposal stored in place of what was done.", agent=bugs.DDPGWithCleanAction
    ),
    "no_zero_grad": without("Gradients that are never cleared.", agent=bugs.DDPGWithoutZeroGrad),
    "delayed_actor": without(
        "An actor that is updated at every second step.", agent=bugs.DDPGWithDelayedActor
    ),
    "noise_in_evaluation": without(
        "The same training as `modern`, judged with noise.", agent=misjudging.DDPGJudgedWithNoise
    ),
    "best_episode": Experiment(
        "The actor after its best training episode is judged; its policy is no average.",
        unaveraged,
        agent=misjudging.DDPGOfTheBestEpisode,
    ),
    "saturating": Experiment(
        "A hasty recipe and a wide last layer: the actor saturates.",
        hasty,
        {"actor": ablations.ActorWithDefaultStart},
    ),
    "saturating_warmup": Experiment(
        "The same with 1,000 random steps first.",
        replace(hasty, warmup=1_000),
        {"actor": ablations.ActorWithDefaultStart},
    ),
    "saturating_small_start": Experiment("The same with a small last layer.", hasty),
    "saturating_small_rate": Experiment(
        "The same with an actor's rate thirty times as small.",
        replace(hasty, actor_rate=1e-4),
        {"actor": ablations.ActorWithDefaultStart},
    ),
    "saturating_cured": Experiment(
        "The same with all three.", replace(hasty, warmup=1_000, actor_rate=1e-4)
    ),
}
BRIEF = {name: replace(bug, steps=6_000) for name, bug in BUGS.items()}

# in the order of the notebooks that need them
EXPERIMENTS: dict[str, Experiment] = {
    "modern": Experiment("The recipe of the series."),
    "tabular_5": table("A table with 5 torques to choose from, 1 N m apart.", TabularQ),
    "tabular_41": table("A table with 41 torques, 0.1 N m apart.", TabularQ41),
    "tabular_401": table("A table with 401 torques, 0.01 N m apart.", TabularQ401),
    "actor_without_tanh": without(
        "An actor that may leave the range of actions in which its critic has seen anything.",
        agent=ablations.ClippingDDPG,
        actor=ablations.ActorWithoutTanh,
    ),
    "actor_default_start": without(
        "An actor whose last layer starts as PyTorch starts any layer.",
        actor=ablations.ActorWithDefaultStart,
    ),
    "critic_of_the_state": without(
        "A critic that sees no action and cannot say which one is better.",
        critic=ablations.CriticOfTheState,
    ),
    "critic_action_first": without(
        "A critic that takes the action in at its first layer, not at its second.",
        critic=ablations.CriticWithActionFirst,
    ),
    "last_transition_only": without(
        "Learning from the newest transition alone.", buffer=ablations.LastTransitionOnly
    ),
    "no_noise": other("No noise after the random warm-up.", sigma=0.0),
    "gaussian_noise": other("Noise without memory.", noise=Gaussian, sigma=0.1),
    "no_targets": other("Targets that equal the live networks at every update.", tau=1.0),
    "hard_copy_100": Experiment(
        "Targets that jump every 100 updates.", unaveraged, {"soft_update": HardCopy(100)}
    ),
    "hard_copy_500": Experiment(
        "Targets that jump every 500 updates.", unaveraged, {"soft_update": HardCopy(500)}
    ),
    "time_limit_as_end": without(
        "The time limit stored as terminal.", agent=ablations.DDPGWithTimeLimitAsEnd
    ),
    "no_detach": without(
        "No target networks, and a gradient that flows through the target y as well.",
        agent=ablations.DDPGWithLiveTargets,
        td_target=ablations.td_target_attached,
    ),
    "frozen_actor": without(
        "An actor that stays as it began.", actor_loss=ablations.frozen_actor_loss
    ),
    "wrong_sign": without(
        "An actor that descends the critic.", actor_loss=ablations.wrong_sign_actor_loss
    ),
    "no_warmup": other("Learning from the first 64 steps on, as in the paper.", warmup=64),
    "weight_decay": other("The paper's weight decay of the critic.", weight_decay=1e-2),
    "batch_norm": Experiment(
        "The paper's batch normalisation; its running statistics cannot be averaged.",
        unaveraged,
        {"actor": batch_norm.ActorWithBatchNorm, "critic": batch_norm.CriticWithBatchNorm},
        batch_norm.BatchNormDDPG,
    ),
    "no_average": other("The actor as it is, and not its average, is judged.", average=0.0),
    "constant_rates": other("Learning rates that do not fall.", half_rate_steps=None),
    "unscaled_rewards": other("Rewards as large as they come.", reward_scale=1.0),
    **BRIEF,
    "paper": Experiment("The paper's settings.", paper, steps=40_000, seeds=3),
    "tutorial": Experiment("The source tutorial's settings.", tutorial, steps=40_000, seeds=3),
    **SWEEPS,
    "tuned": Experiment("The settings that a search found.", tuned, steps=20_000, seeds=20),
    "modern_longer": Experiment("The recipe, for longer.", steps=20_000, seeds=20),
    **PUT_BACK,
    "mountain_car": beyond("mountain_car", "A car that must first drive away from its aim.", 20),
    "mountain_car_small_noise": beyond(
        "mountain_car", "The same with Pendulum's noise.", 5, sigma=modern.sigma
    ),
    "mountain_car_small_white": beyond(
        "mountain_car",
        "The same with noise as large as Pendulum's, but without memory.",
        10,
        noise=Gaussian,
        sigma=SETTLED * modern.sigma,
    ),
    "mountain_car_white": beyond(
        "mountain_car",
        "The same with noise as large, but without memory.",
        5,
        noise=Gaussian,
        sigma=SETTLED * TASKS["mountain_car"].recipe.sigma,
    ),
    "mountain_car_hasty": beyond(
        "mountain_car", "The same with Adam's own epsilon.", 5, actor_epsilon=1e-8
    ),
    "double_pendulum": beyond("double_pendulum", "Two rods on a cart, kept upright.", 10),
    "double_pendulum_hasty": beyond(
        "double_pendulum", "The same with Adam's own epsilon.", 3, actor_epsilon=1e-8
    ),
    "hopper": beyond("hopper", "One leg that hops ahead."),
    "lander": beyond("lander", "A lander that must come down between two flags."),
    "walker": beyond("walker", "Two legs on rough ground."),
    "cheetah": beyond("cheetah", "A flat animal that runs."),
    "ant": beyond("ant", "Four legs."),
    "ant_less_patient": beyond(
        "ant",
        "The same with the other tasks' actor.",
        actor_rate=patient.actor_rate,
        actor_epsilon=patient.actor_epsilon,
    ),
    "humanoid": beyond("humanoid", "A body of 17 joints that must not fall."),
}
