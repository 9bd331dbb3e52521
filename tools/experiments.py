"""What `python tools/record.py` records: one entry for each experiment."""

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field, replace
from inspect import signature
from itertools import compress, product

import gymnasium as gym

from helpers.agent import DDPG
from helpers.callbacks.evaluate import PENDULUM
from helpers.callbacks.identity import fingerprint
from helpers.environment import make_env
from helpers.evaluation.returns import Env
from helpers.evaluation.tasks import TASKS, Task
from helpers.evaluation.values import visited_values
from helpers.extensions.oracle import TrueErrors
from helpers.extensions.pixels import (
    ConvActor,
    ConvCritic,
    FrameReplay,
    ShiftedReplay,
    from_pixels,
    regularized_actor_loss,
)
from helpers.extensions.prioritized import (
    PrioritizedReplay,
    UniformActorDDPG,
    weighted_critic_loss,
)
from helpers.extensions.td3 import (
    DelayedDDPG,
    SmoothedTarget,
    TwinCritic,
    clipped_double_q_target,
    first_critic_actor_loss,
    twin_critic_loss,
)
from helpers.losses import td_target
from helpers.noise import Gaussian
from helpers.pendulum.frames import one_frame, pixel_pendulum
from helpers.pendulum.tabular import TabularQ, TabularQ41, TabularQ401
from helpers.recipes import Recipe, modern, paper, tutorial
from helpers.schedules import inverse_decay, linear_decay
from helpers.training import train
from helpers.variants import ablations, batch_norm, bugs, evaluation_bugs
from helpers.variants.ablations import HardCopy

FIRST_SEED = 1_000  # settings were chosen on seeds from 100 on, and notebooks use smaller ones


@dataclass(frozen=True)
class Experiment:
    """One way to train, on Pendulum or on a task, evaluated every so many steps and at step 0."""

    shows: str  # in one sentence
    recipe: Recipe = modern
    components: Mapping = field(default_factory=dict)  # in place of the default ones
    agent: type = DDPG
    environment: Callable = make_env
    evaluated_in: Env = PENDULUM  # wherever it trains
    steps: int = 6_000
    seeds: int = 10
    every: int = 1_000  # steps between two evaluations
    task: Task | None = None  # None: Pendulum
    measures: Mapping[str, Callable] = field(default_factory=dict)  # more columns: agent -> number

    def training_seeds(self) -> range:
        """The seeds of the runs: 1000, 1001, ..."""
        return range(FIRST_SEED, FIRST_SEED + self.seeds)

    def make(self, seed: int) -> gym.Env:
        """The environment to train in."""
        return self.task.make(seed) if self.task else self.environment(seed=seed)

    def definition(self) -> dict:
        """All that decides the numbers, in a form that JSON gives back unchanged."""
        components = {k: getattr(c, "__name__", repr(c)) for k, c in self.components.items()}
        other = {} if self.environment is make_env else {"environment": self.environment.__name__}
        if self.task:
            task = {"env_id": self.task.env_id, "options": {**self.task.options}}
            other |= {"task": task | {"scaled": self.task.scaled}}
        if self.evaluated_in != PENDULUM:
            other |= {"evaluated_in": self.evaluated_in.__name__}
        if self.measures:
            other |= {"measures": [*self.measures]}
        return other | {
            "agent": self.agent.__name__,
            "components": components,
            "recipe": asdict(self.recipe) | {"noise": self.recipe.noise.__name__},
            "steps": self.steps,
            "every": self.every,
            "code": self.code(),
        }

    def code(self) -> str:
        """A fingerprint of the code that trains: agent, components, noise, schedules, loop."""
        parameters = signature(DDPG).parameters.values()
        defaults = [p.default for p in parameters if p.default is not p.empty]
        usual = [component for component in defaults if callable(component)]
        own = [self.agent, self.recipe.noise, *self.components.values()]
        other = [] if self.environment is make_env else [self.environment]
        return fingerprint([*usual, *own, *other, inverse_decay, linear_decay, train])


def using(shows: str, agent: type = DDPG, recipe: Recipe = modern, **components) -> Experiment:
    """The modern recipe with other components, or another agent."""
    return Experiment(shows, recipe, components, agent)


def setting(shows: str, **settings) -> Experiment:
    """The modern recipe with other settings."""
    return Experiment(shows, replace(modern, **settings))


def few(experiment: Experiment, seeds: int = 5) -> Experiment:
    """The same with fewer seeds: where all fail, or where there are many experiments of a kind."""
    return replace(experiment, seeds=seeds)


def beyond(name: str, shows: str, seeds: int = 1, **settings) -> Experiment:
    """A task with its recipe, or with other settings."""
    task = TASKS[name]
    recipe = replace(task.recipe, **settings)
    every = min(task.steps // 20, 10_000)
    return Experiment(
        shows, recipe, task.components, steps=task.steps, seeds=seeds, every=every, task=task
    )


def table(shows: str, agent: type) -> Experiment:
    """Q-learning with a table, which takes only gamma from the recipe."""
    return Experiment(shows, agent=agent, steps=200_000, every=10_000)


# Values of single settings that notebook 10 shows: a fifth and five times as much, where nothing
# else suggests itself. The recipe's own value is recorded as `modern`.
SWEPT = {
    "tau": (0.004, 0.1),
    "gamma": (0.95, 0.998),
    "actor_lr": (2e-3, 5e-2),
    "critic_lr": (2e-4, 5e-3),
    "sigma": (0.2, 1.0),
}
SWEEPS = {  # under names such as `tau_0.004`
    f"{name}_{value:g}": few(setting(f"{name} at {value:g}.", **{name: value}), 3)
    for name, values in SWEPT.items()
    for value in values
}
SETTLED = (1 - (1 - 0.15) ** 2) ** -0.5  # the OU noise's standard deviation, in units of its sigma
unaveraged = replace(modern, average=0.0)  # for components whose policy can't be averaged
# plain Adam, a fast actor, hardly any random steps: its tanh soon has no slope left
hasty = Recipe(actor_lr=3e-3, weight_decay=0.0, gamma=0.98, tau=0.01)

# the bugs of notebook 11
BUGS = {
    "one_start": Experiment(
        "The same seed in every episode: one start state forever.",
        environment=bugs.env_with_one_start,
    ),
    "unscaled_actions": Experiment(
        "Actions in [-1, 1] sent as they are to a motor that can do twice that.",
        agent=bugs.DDPGInNewtonMetres,
        environment=bugs.env_without_scaling,
    ),
    "biased_noise": setting("Noise with kicks from [0, 1).", noise=bugs.BiasedNoise),
    "slow_noise": setting("Noise at dt 0.01 that is never reset.", noise=bugs.SlowNoise),
    "fan_out": using(
        "Hidden layers initialised by their fan-out.",
        actor=bugs.ActorWithFanOut,
        critic=bugs.CriticWithFanOut,
    ),
    "broadcast": using(
        "A critic's loss that compares a row with a column.",
        critic_loss=bugs.broadcast_critic_loss,
    ),
    "live_targets": using(
        "Target networks that are the live networks.", ablations.DDPGWithLiveTargets
    ),
    "tau_reversed": using(
        "Targets in which tau and 1 - tau are exchanged.", soft_update=bugs.soft_update_reversed
    ),
    "next_state_as_state": using(
        "The next state stored as the state.", bugs.DDPGWithNextStateAsState
    ),
    "clean_action": using(
        "The actor's proposal stored in place of the action that was taken.",
        bugs.DDPGWithCleanAction,
    ),
    "no_zero_grad": using("Gradients that are never cleared.", bugs.DDPGWithoutZeroGrad),
    "delayed_actor": using(
        "An actor that is updated at every second step.", bugs.DDPGWithDelayedActor
    ),
    "noise_in_evaluation": using(
        "The same training as `modern`, evaluated with noise.",
        evaluation_bugs.DDPGEvaluatedWithNoise,
    ),
    "best_episode": using(
        "The actor after its best training episode; its policy isn't averaged.",
        evaluation_bugs.DDPGOfTheBestEpisode,
        unaveraged,
    ),
}
# an agent whose actor saturates, and what cures it
SATURATING = {
    "saturating": using(
        "A hasty recipe and a wide last layer: the actor saturates.",
        recipe=hasty,
        actor=ablations.ActorWithDefaultStart,
    ),
    "saturating_warmup": using(
        "The same with 1,000 random steps first.",
        recipe=replace(hasty, learning_starts=1_000),
        actor=ablations.ActorWithDefaultStart,
    ),
    "saturating_small_start": using("The same with a small last layer.", recipe=hasty),
    "saturating_small_rate": using(
        "The same with a learning rate of the actor that is thirty times smaller.",
        recipe=replace(hasty, actor_lr=1e-4),
        actor=ablations.ActorWithDefaultStart,
    ),
    "saturating_cured": using(
        "The same with all three.", recipe=replace(hasty, learning_starts=1_000, actor_lr=1e-4)
    ),
}

# notebook 12: what is drawn from the replay buffer, and by which error
BY_PRIORITY = {"buffer": PrioritizedReplay, "critic_loss": weighted_critic_loss}
PRIORITIZED = {
    "prioritized": using("Transitions drawn by their TD error.", **BY_PRIORITY),
    "prioritized_uniform_actor": using(
        "The same for the critic; the actor's states are drawn uniformly.",
        UniformActorDDPG,
        **BY_PRIORITY,
    ),
    "prioritized_truth": using(
        "Transitions drawn by the true error of the critic's value.",
        **BY_PRIORITY | {"critic_loss": TrueErrors()},
    ),
    "prioritized_truth_centred": using(
        "The same, less the mean error of the batch.",
        **BY_PRIORITY | {"critic_loss": TrueErrors(centred=True)},
    ),
}


def bias(agent: DDPG) -> float:
    """How much more the critic promises than the actor earns, on average."""
    return visited_values(agent).bias


def tricks(twin: bool, delayed: bool, smoothed: bool) -> Experiment:
    """The modern recipe with some of TD3's three changes, and the bias of its critic."""
    names = ("two critics", "a delay", "a smoothed target")
    on = [name for name, there in zip(names, (twin, delayed, smoothed), strict=True) if there]
    parts: dict[str, Callable] = {}
    if twin:
        parts = {
            "critic": TwinCritic,
            "critic_loss": twin_critic_loss,
            "actor_loss": first_critic_actor_loss,
            "td_target": clipped_double_q_target,
        }
    if smoothed:
        parts["td_target"] = SmoothedTarget(clipped_double_q_target if twin else td_target)
    # half as many updates of the average, each of them twice as large
    recipe = replace(modern, average=2 * modern.average) if delayed else modern
    return Experiment(
        f"Of TD3's changes: {', '.join(on) or 'none'}.",
        recipe,
        parts,
        DelayedDDPG if delayed else DDPG,
        steps=10_000,
        measures={"bias": bias},
    )


# notebook 13: all combinations
TRICKS = {
    "_".join(compress(("twin", "delayed", "smoothed"), on)) or "no_trick": tricks(*on)
    for on in product((False, True), repeat=3)
}
# the control of the delay, which also halves the targets' updates: each moves them twice as far
FASTER = tricks(twin=False, delayed=True, smoothed=False)
TRICKS["delayed_faster_targets"] = replace(
    FASTER,
    shows="Of TD3's changes: a delay; and targets that move twice as far at each update.",
    recipe=replace(FASTER.recipe, tau=2 * FASTER.recipe.tau),
)


def seen(shows: str, environment: Callable = pixel_pendulum, **components) -> Experiment:
    """The pendulum from pixels, where the agent is evaluated, too."""
    parts = {"actor": ConvActor, "critic": ConvCritic, "buffer": FrameReplay} | components
    places = {"environment": environment, "evaluated_in": environment}
    return Experiment(shows, from_pixels, parts, steps=10_000, **places)


# notebook 15
PRICED = {"actor_loss": regularized_actor_loss}
PIXELS = {
    "pixels": replace(seen("The pendulum from three frames.", **PRICED), steps=30_000),
    "pixels_plain_loss": replace(
        seen("The same, with no price on what goes into the actor's tanh."), steps=30_000
    ),
    "pixels_shifted": few(
        seen(
            "The same as `pixels`, with each drawn state shifted by up to four pixels.",
            buffer=ShiftedReplay,
            **PRICED,
        )
    ),
    "pixels_one_frame": few(seen("The pendulum from a single frame.", one_frame, **PRICED), 3),
}

# notebook 16: many seeds, evaluated more often
HUNDREDS = {
    f"hundred_{name}": replace(experiment, seeds=100, every=500)
    for name, experiment in (
        ("modern", setting("The recipe of the series, on a hundred seeds.")),
        ("no_noise", setting("The same without noise after the random steps.", sigma=0.0)),
    )
}

# notebook 16: the best of the 81 trials in results/sweep.csv
HALVING_WINNER = replace(
    setting(
        "The winner of a sweep, on fresh seeds.", actor_lr=9.04e-3, critic_lr=1.97e-3, tau=0.0621
    ),
    steps=10_000,
)

# notebook 17: systems that gymnasium doesn't have, and what is missing or too large in their states
ROD = Task("helpers.extensions.plants:helpers/Rod-v0", modern, 8_000, "Nothing had to change.")
TANK = Task(
    "helpers.extensions.plants:helpers/Tank-v0",
    modern,
    3_000,
    "Its levels, in mm, are rescaled.",
    scaled=1,
)
OWN = {
    name: Experiment(shows, modern, steps=task.steps, every=500, task=task)
    for name, shows, task in (
        ("rod", "A rod that gymnasium doesn't have.", ROD),
        (
            "rod_without_velocity",
            "The same without the velocity in its state.",
            replace(ROD, options={"keep": [0, 1, 3, 4]}),
        ),
        (
            "rod_without_torques",
            "The same without the torques on their way.",
            replace(ROD, options={"keep": [0, 1, 2]}),
        ),
        ("tank", "A pump, two tanks, and a level to be kept.", TANK),
        ("tank_in_mm", "The same with levels in millimetres.", replace(TANK, scaled=0)),
    )
}

# in the order of the notebooks that need them
EXPERIMENTS: dict[str, Experiment] = {
    "modern": Experiment("The recipe of the series.", steps=20_000, seeds=20),
    "tabular_5": table("A table with 5 torques to choose from, 1 N m apart.", TabularQ),
    "tabular_41": table("A table with 41 torques, 0.1 N m apart.", TabularQ41),
    "tabular_401": table("A table with 401 torques, 0.01 N m apart.", TabularQ401),
    "actor_without_tanh": using(
        "An actor that may leave the range of actions in which its critic has seen anything.",
        ablations.ClippingDDPG,
        actor=ablations.ActorWithoutTanh,
    ),
    "actor_default_start": using(
        "An actor whose last layer is initialised as PyTorch initialises any layer.",
        actor=ablations.ActorWithDefaultStart,
    ),
    "critic_of_the_state": few(
        using(
            "A critic that sees no action and can't say which one is better.",
            critic=ablations.CriticOfTheState,
        )
    ),
    "critic_action_first": few(
        using(
            "A critic that takes the action in at its first layer, not at its second.",
            critic=ablations.CriticWithActionFirst,
        )
    ),
    "last_transition_only": using(
        "Learning from the newest transition alone.", buffer=ablations.LastTransitionOnly
    ),
    "single_transition": using(
        "Learning from one random transition at a time, 64 times over.",
        buffer=ablations.SingleTransition,
    ),
    "in_order": using(
        "Learning from 64 transitions in the order in which they happened.",
        buffer=ablations.InOrder,
    ),
    "no_noise": setting("No noise after the random steps at the start.", sigma=0.0),
    "gaussian_noise": setting(
        "Noise without memory, as large on the whole.", noise=Gaussian, sigma=SETTLED * modern.sigma
    ),
    "no_targets": few(setting("Targets that equal the live networks at every update.", tau=1.0)),
    "hard_copy_100": few(
        using(
            "Targets that jump every 100 updates; the policy isn't averaged.",
            recipe=unaveraged,
            soft_update=HardCopy(100),
        )
    ),
    "hard_copy_500": few(
        using(
            "Targets that jump every 500 updates; the policy isn't averaged.",
            recipe=unaveraged,
            soft_update=HardCopy(500),
        )
    ),
    "time_limit_as_end": using(
        "The time limit stored as terminal.", ablations.DDPGWithTimeLimitAsEnd
    ),
    "no_detach": few(
        using(
            "No target networks, and a gradient through the target y as well.",
            ablations.DDPGWithLiveTargets,
            td_target=ablations.td_target_attached,
        )
    ),
    "frozen_actor": few(
        using("An actor that stays as it began.", actor_loss=ablations.frozen_actor_loss)
    ),
    "wrong_sign": few(
        using("An actor that descends the critic.", actor_loss=ablations.wrong_sign_actor_loss)
    ),
    "no_warmup": setting(
        "Learning from the first 64 steps on: hardly any random steps.", learning_starts=64
    ),
    "weight_decay": few(setting("The paper's weight decay of the critic.", weight_decay=1e-2)),
    "weight_decay_rescaled": few(
        setting(
            "The paper's weight decay, reduced as much as the rewards' scale reduces the loss.",
            weight_decay=1e-2 * modern.reward_scale**2,
        )
    ),
    "batch_norm": few(
        using(
            "The paper's batch normalisation; its running statistics can't be averaged.",
            recipe=unaveraged,
            actor=batch_norm.ActorWithBatchNorm,
            critic=batch_norm.CriticWithBatchNorm,
        )
    ),
    "no_average": Experiment("The actor itself is evaluated, and not its average.", unaveraged),
    "constant_rates": few(setting("Learning rates that don't fall.", lr_decay_steps=None)),
    "unscaled_rewards": few(setting("Rewards as large as they come.", reward_scale=1.0)),
    **{name: few(bug) for name, bug in BUGS.items()},
    **{name: few(way, 3) for name, way in SATURATING.items()},
    "paper": Experiment("The paper's settings.", paper, steps=40_000, seeds=3),
    "tutorial": Experiment("The source tutorial's settings.", tutorial, steps=40_000, seeds=3),
    **SWEEPS,
    **{name: replace(e, steps=10_000) for name, e in PRIORITIZED.items()},
    **TRICKS,
    **HUNDREDS,
    "halving_winner": HALVING_WINNER,
    "mountain_car": beyond("mountain_car", "A car that must first drive away from its goal.", 20),
    "mountain_car_small_noise": beyond(
        "mountain_car", "The same with noise a fifth as large.", 5, sigma=0.2
    ),
    "mountain_car_small_white": beyond(
        "mountain_car",
        "The same with noise a fifth as large, but without memory.",
        10,
        noise=Gaussian,
        sigma=SETTLED * 0.2,
    ),
    "mountain_car_white": beyond(
        "mountain_car",
        "The same with noise as large, but without memory.",
        5,
        noise=Gaussian,
        sigma=SETTLED * TASKS["mountain_car"].recipe.sigma,
    ),
    "mountain_car_hasty": beyond(
        "mountain_car", "The same with Adam's own epsilon.", 5, actor_adam_eps=1e-8
    ),
    **{
        f"mountain_car_{name}": replace(
            beyond("mountain_car", shows, 10), agent=agent, components=components, every=1_000
        )
        for name, shows, agent, components in (
            ("uniform", "The car once more, with today's critic.", DDPG, {}),
            ("prioritized", "The same with prioritised replay.", DDPG, BY_PRIORITY),
            (
                "prioritized_uniform_actor",
                "The same with prioritised replay for the critic alone.",
                UniformActorDDPG,
                BY_PRIORITY,
            ),
        )
    },
    "mountain_car_cured": replace(
        beyond("mountain_car", "States to [-3, 3], and a small rate in place of a large ε.", 20),
        task=replace(TASKS["mountain_car"], scaled=3),
        recipe=Recipe(
            actor_lr=5e-6,
            weight_decay=0.0,
            tau=0.02,
            reward_scale=0.1,
            learning_starts=64,
            sigma=1.0,
            lr_decay_steps=10_000,
            average=5.0,
        ),
    ),
    "double_pendulum": beyond("double_pendulum", "Two rods on a cart, kept upright.", 10),
    "double_pendulum_hasty": beyond(
        "double_pendulum", "The same with Adam's own epsilon.", 3, actor_adam_eps=1e-8
    ),
    "double_pendulum_without_ends": replace(
        beyond("double_pendulum", "The same, where a fall isn't stored as the end.", 3),
        agent=ablations.DDPGWithoutEnds,
    ),
    "hopper": beyond("hopper", "One leg that hops ahead."),
    "lander": beyond("lander", "A lander that must come down between two flags.", 3),
    "walker": beyond("walker", "Two legs on rough ground."),
    "cheetah": beyond("cheetah", "A flat animal that runs."),
    "ant": beyond("ant", "Four legs."),
    "humanoid": beyond("humanoid", "A body of 17 joints that must not fall."),
    **PIXELS,
    **OWN,
}
