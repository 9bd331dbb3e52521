"""What `python tools/record.py` records: one entry for each experiment."""

import ast
import hashlib
import inspect
import textwrap
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace

from helpers import ablations
from helpers.agent import DDPG, Pieces
from helpers.checkpoints import Saved
from helpers.noise import Gaussian
from helpers.recipes import Recipe, modern, paper, tutorial
from helpers.schedules import inverse_decay, linear_decay
from helpers.training import train


@dataclass(frozen=True)
class Experiment:
    """One way to train on Pendulum, on seeds 0, 1, ..., evaluated every so many steps."""

    shows: str  # in one sentence
    recipe: Recipe = modern
    pieces: Mapping = field(default_factory=dict)  # in place of the usual ones
    agent: type = DDPG
    steps: int = 10_000
    seeds: int = 10
    every: int = 1_000

    def definition(self) -> dict:
        """All that decides the numbers, in a form that JSON gives back unchanged."""
        return {
            "agent": self.agent.__name__,
            "pieces": {
                k: getattr(piece, "__name__", repr(piece)) for k, piece in self.pieces.items()
            },
            "recipe": asdict(self.recipe) | {"noise": self.recipe.noise.__name__},
            "steps": self.steps,
            "every": self.every,
            "code": self.code(),
        }

    def code(self) -> str:
        """A fingerprint of the code that trains: the agent, its pieces, the noise, the loop.

        Comments, docstrings and layout do not count.
        """
        pieces = [*vars(Pieces()).values(), *vars(Pieces(**self.pieces)).values()]
        used = [
            self.agent,
            self.recipe.noise,
            inverse_decay,
            linear_decay,
            train,
            *filter(None, pieces),
        ]
        text = "\n".join(sorted({source(part) for thing in used for part in parts(thing)}))
        return hashlib.sha256(text.encode()).hexdigest()[:12]


def parts(thing) -> list:
    """A function alone; a class, or an object's class, with all that it inherits from us."""
    if inspect.isfunction(thing):
        return [inspect.unwrap(thing)]
    kind = thing if inspect.isclass(thing) else type(thing)
    foreign = ("builtins", "torch")
    ours = [c for c in kind.__mro__ if c.__module__.partition(".")[0] not in foreign]
    return [c for c in ours if c is not Saved]  # saving changes no number


def source(part) -> str:
    """The code of a definition without what only its readers see."""
    tree = ast.parse(textwrap.dedent(inspect.getsource(part)))
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.ClassDef) and ast.get_docstring(node):
            node.body = node.body[1:] or [ast.Pass()]
    return ast.unparse(tree)


def without(shows: str, agent: type = DDPG, **pieces) -> Experiment:
    """The modern recipe with another piece, or another agent."""
    return Experiment(shows, pieces=pieces, agent=agent)


def other(shows: str, **settings) -> Experiment:
    """The modern recipe with other settings."""
    return Experiment(shows, recipe=replace(modern, **settings))


slow = replace(modern, actor_rate=paper.actor_rate, critic_rate=paper.critic_rate, tau=paper.tau)

# in the order of the notebooks that need them
EXPERIMENTS: dict[str, Experiment] = {
    "modern": Experiment("The recipe of the series.", steps=20_000),
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
    "hard_copy_100": without(
        "Targets that jump every 100 updates.", soft_update=ablations.HardCopy(100)
    ),
    "hard_copy_500": without(
        "Targets that jump every 500 updates.", soft_update=ablations.HardCopy(500)
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
        recipe=replace(modern, average=0.0),
        pieces={
            "actor": ablations.ActorWithBatchNorm,
            "critic": ablations.CriticWithBatchNorm,
        },
        agent=ablations.BatchNormDDPG,
    ),
    "slow": Experiment("The paper's rates and tau.", slow, steps=20_000),
    "slow_time_limit_as_end": Experiment(
        "The paper's rates and tau, and the time limit stored as terminal.",
        slow,
        agent=ablations.DDPGWithTimeLimitAsEnd,
        steps=20_000,
    ),
    "paper": Experiment("The paper's settings.", paper, steps=40_000, seeds=3),
    "tutorial": Experiment("The source tutorial's settings.", tutorial, steps=40_000, seeds=3),
}
