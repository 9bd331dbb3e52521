"""One update of DDPG beside a plain one: a check of notebook 09."""

import copy
from collections.abc import Callable, Sequence
from functools import partial

import numpy as np
import torch
from torch import nn

from helpers.agent import DDPG
from helpers.buffer import Batch, ReplayBuffer
from helpers.checks.verdicts import check, first, given, mistake
from helpers.environment import make_env
from helpers.recipes import Recipe

NAMES = "actor", "critic", "target actor", "target critic"
RECIPE = Recipe(  # no number as elsewhere, so that one that is written into the code is noticed
    actor_lr=0.02, critic_lr=0.05, weight_decay=0.0, gamma=0.8, tau=0.25,
    batch_size=12, learning_starts=12, buffer_size=30,
)  # fmt: skip


class SmallActor(nn.Module):
    """An actor of one layer."""

    def __init__(self, state_dim: int, action_dim: int):
        super().__init__()
        self.layer = nn.Linear(state_dim, action_dim)

    def forward(self, s: torch.Tensor) -> torch.Tensor:
        """The actions."""
        return torch.tanh(self.layer(s))


class SmallCritic(nn.Module):
    """A critic of two layers."""

    def __init__(self, state_dim: int, action_dim: int):
        super().__init__()
        self.hidden, self.last = nn.Linear(state_dim + action_dim, 8), nn.Linear(8, 1)

    def forward(self, s: torch.Tensor, a: torch.Tensor) -> torch.Tensor:
        """The values."""
        return self.last(torch.tanh(self.hidden(torch.cat([s, a], dim=1))))


class Watched(ReplayBuffer):
    """A replay buffer that keeps the batches it has given."""

    def sample(self, n: int) -> Batch:
        """A batch."""
        self.given = [*getattr(self, "given", []), super().sample(n)]
        return self.given[-1]


def small_agent() -> DDPG:
    """An agent one step before its first update, with plain gradient descent in place of Adam."""
    agent = DDPG(
        make_env(seed=0), seed=0, recipe=RECIPE, actor=SmallActor, critic=SmallCritic,
        buffer=Watched,
    )  # fmt: skip
    agent.actor_optimizer = torch.optim.SGD(agent.actor.parameters(), RECIPE.actor_lr)
    agent.critic_optimizer = torch.optim.SGD(agent.critic.parameters(), RECIPE.critic_lr)
    rng = np.random.default_rng(0)
    for step in range(RECIPE.learning_starts - 1):
        s, s_next = rng.standard_normal((2, 3))
        agent.observe(s, rng.uniform(-1, 1, 1), rng.uniform(-2, 0), s_next, step % 2 == 0, False)
    for p in (*agent.actor.parameters(), *agent.critic.parameters()):
        p.grad = torch.ones_like(p)  # of an earlier update, to be cleared
    for p in (*agent.target_actor.parameters(), *agent.target_critic.parameters()):
        p += 0.2 * torch.randn_like(p)  # targets that have been left behind
    return agent


def networks(agent: DDPG) -> list[nn.Module]:
    """Copies of the four networks, as they are now."""
    parts = agent.actor, agent.critic, agent.target_actor, agent.target_critic
    return [copy.deepcopy(part) for part in parts]


def descend(network: nn.Module, loss: torch.Tensor, lr: float, stale: float = 0.0) -> None:
    """One step of gradient descent by hand; `stale` is an old gradient that wasn't cleared."""
    gradients = torch.autograd.grad(loss, [*network.parameters()], retain_graph=True)
    with torch.no_grad():
        for p, gradient in zip(network.parameters(), gradients, strict=True):
            p -= lr * (gradient + stale)


def critic_step(
    before: Sequence[nn.Module], batch: Batch, *, gamma=RECIPE.gamma, ends=1.0, live=False,
    times=1.0, stale=0.0, actors_too=False,
) -> tuple[nn.Module, float]:  # fmt: skip
    """Line 13 in plain PyTorch, and the loss; each option makes one of the usual mistakes."""
    actor, critic, *targets = map(copy.deepcopy, before)
    mu, q = (actor, critic) if live else targets
    with torch.no_grad():
        q_next = q(batch.s_next, mu(batch.s_next))
        y = batch.r + gamma * (1 - ends * batch.terminated) * q_next
    loss = ((y - critic(batch.s, batch.a)) ** 2).mean()
    descend(critic, times * loss, RECIPE.critic_lr, stale)
    if actors_too:
        descend(critic, -critic(batch.s, actor(batch.s)).mean(), RECIPE.critic_lr)
    return critic, loss.item()


def actor_step(
    before: Sequence[nn.Module], batch: Batch, *, climbed: nn.Module | None = None,
    times=1.0, stale=0.0,
) -> tuple[nn.Module, float]:  # fmt: skip
    """The same for line 14, which climbs the critic after its own step."""
    actor, climbed = copy.deepcopy(before[0]), climbed or critic_step(before, batch)[0]
    loss = -climbed(batch.s, actor(batch.s)).mean()
    descend(actor, times * loss, RECIPE.actor_lr, stale)
    return actor, loss.item()


def same(one: nn.Module, other: nn.Module) -> bool:
    """Whether two networks have the same weights, up to rounding."""
    return torch.allclose(weights(one), weights(other), atol=1e-6)


def weights(network: nn.Module) -> torch.Tensor:
    """All weights of a network in one row."""
    return torch.cat([p.detach().double().flatten() for p in network.parameters()])


ALL = float(RECIPE.batch_size)  # a sum over the batch is so many means
CRITIC_MISTAKES = {  # options of `critic_step`, and what to say
    "it sums over the batch: L is the mean.": {"times": ALL},
    "it climbs its loss: L is to be minimised.": {"times": -1.0},
    "its old gradient was still there: zero_grad() comes before backward().": {"stale": 1.0},
    "after a true end there is no next value: 1 − terminated is missing in y.": {"ends": 0.0},
    "y has a γ of 0.99: it is recipe.gamma.": {"gamma": 0.99},
    "y has no γ: it discounts the next value.": {"gamma": 1.0},
    "y comes from the live networks: it is the targets' to compute.": {"live": True},
    "the actor's loss has moved it too: only the actor takes that step.": {"actors_too": True},
}


def actor_mistakes(before: Sequence[nn.Module]) -> dict[str, dict]:
    """The same for `actor_step`."""
    return {
        "it sums over the batch: J is the mean.": {"times": ALL},
        "it goes downhill: J is to be climbed, so its loss is −J.": {"times": -1.0},
        "its old gradient was still there: zero_grad() comes before backward().": {"stale": 1.0},
        "it climbed the critic as it was before: line 13 comes first.": {"climbed": before[1]},
        "it climbed the critic's target: it is the critic's to say.": {"climbed": before[3]},
    }


@check
def check_learn(learn: Callable) -> str | None:
    """one batch, the critic, the actor, both targets: all as in lines 11 to 15."""
    agent = small_agent()
    learn(agent)
    if hasattr(agent.buffer, "given"):
        return "it learned one step too early: keep its first two lines."
    agent.observe(np.ones(3), np.zeros(1), -1.0, np.zeros(3), False, False)
    return first(update_complaint(learn, agent) for _ in range(2))


def update_complaint(learn: Callable, agent: DDPG) -> str | None:
    """Whether one call of learn does what one update should."""
    again = hasattr(agent.buffer, "given")
    before, agent.buffer.given = networks(agent), []
    saw, batches = given(learn(agent)), agent.buffer.given
    if not batches and again:
        return "its second call drew no batch: each call is one update."
    if not batches:
        raise NotImplementedError
    if len(batches) != 1:
        return f"it drew {len(batches)} batches from agent.buffer: one serves both networks."
    if (n := len(batches[0].s)) != RECIPE.batch_size:
        return f"its batch holds {n} transitions, and recipe.batch_size is {RECIPE.batch_size}."
    live = [*agent.actor.parameters(), *agent.critic.parameters()]
    if not all(p.requires_grad for p in live):
        return "some weights are left frozen, and can't learn any more: requires_grad_(True)."
    after, batch = networks(agent), batches[0]
    critic, critic_loss = critic_step(before, batch)
    actor, actor_loss = actor_step(before, batch)
    return (
        step_complaint(
            1, before, after, critic, partial(critic_step, before, batch), CRITIC_MISTAKES
        )
        or step_complaint(
            0, before, after, actor, partial(actor_step, before, batch), actor_mistakes(before)
        )
        or first(target_complaint(i, before, after) for i in (2, 3))
        or loss_complaint(saw, {"critic_loss": critic_loss, "actor_loss": actor_loss})
    )


def step_complaint(
    i: int, before: Sequence[nn.Module], after: Sequence[nn.Module], right: nn.Module,
    step: Callable, mistakes: dict[str, dict],
) -> str | None:  # fmt: skip
    """Whether the critic, or the actor, took the right step, or one of the usual wrong ones."""
    if same(after[i], right):
        return None
    name = NAMES[i]
    if same(after[i], before[i]):
        return f"the {name} hasn't moved: backward() on its loss, then its optimizer's step()."
    for words, options in mistakes.items():
        if same(after[i], step(**options)[0]):
            return f"the {name} isn't where it should be: {words}"
    to_target = weights(right).lerp(weights(before[i + 2]), RECIPE.tau)
    if torch.allclose(weights(after[i]), to_target, atol=1e-6):
        return f"line 15 moved the {name}: soft_update moves its first argument, the target."
    return f"the {name} isn't where plain PyTorch takes it: compare your loss with line {14 - i}."


def target_complaint(i: int, before: Sequence[nn.Module], after: Sequence[nn.Module]) -> str | None:
    """Whether a target followed its network by tau."""
    name, tau = NAMES[i], RECIPE.tau
    start, old, new, there = (
        weights(network) for network in (before[i], before[i - 2], after[i - 2], after[i])
    )
    if torch.allclose(there, start.lerp(new, tau), atol=1e-6):
        return None
    usual = [
        (start, f"the {name} stands still: it moves a little at each update."),
        (new, f"the {name} is a copy of its network now: it moves by recipe.tau only."),
        (start.lerp(new, 1 - tau), "τ is the wrong way round: τθ + (1 − τ)θ′."),
        (start.lerp(old, tau), "the targets moved before their networks: line 15 comes last."),
        (start.lerp(new, 0.001), f"the targets' τ is recipe.tau, here {tau:g}, not 0.001."),
    ]
    return mistake(there, usual, f"the {name} isn't the fraction τ nearer to its network.")


def loss_complaint(saw, right: dict[str, float]) -> str | None:
    """Whether learn gives back what it minimised."""
    if not isinstance(saw, dict) or set(saw) != set(right):
        return 'it should give back {"critic_loss": …, "actor_loss": …}, for the history.'
    if any(isinstance(number, torch.Tensor) for number in saw.values()):
        return "the losses are tensors: .item() makes numbers of them."
    if ... in saw.values():
        return "the networks are right; what's left is the return line: both losses, as numbers."
    for name, due in right.items():
        if not np.isclose(found := float(saw[name]), due, atol=1e-5):
            return f"the networks are right, but {name} is {due:.3f}, and it says {found:.3f}."
    return None
