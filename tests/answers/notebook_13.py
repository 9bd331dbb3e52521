"""Answers to the exercises of notebook 13."""

import copy

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn

from answers.shared import EMPTY, changed
from helpers.agent import DDPG
from helpers.checks import (
    check_delayed,
    check_smallest,
    check_smoothed_action,
    check_td3_probe,
    check_twin_critic,
    check_twin_loss,
    check_twin_target,
)
from helpers.extensions import (
    DelayedDDPG,
    TwinCritic,
    clipped_double_q_target,
    first_critic_actor_loss,
    twin_critic_loss,
)
from helpers.losses import critic_loss, td_target
from helpers.networks import Critic
from helpers.variants.td3_suspects import which_move

# Two critics


class InAList(nn.Module):
    """The two critics in a ModuleList: later cells ask for q1 and q2."""

    kind = nn.ModuleList

    def __init__(self, *sizes):
        super().__init__()
        self.critics = self.kind([Critic(*sizes), Critic(*sizes)])

    def forward(self, s, a):
        return torch.cat([q(s, a) for q in self.critics], dim=1)


class ByPosition(nn.Module):
    """Right, and `critic` isn't called by its name."""

    def __init__(self, n_state, n_action, critic=Critic):
        super().__init__()
        self.q2, self.q1 = (critic(n_state, n_action) for _ in range(2))

    def forward(self, s, a):
        return torch.concatenate((self.q1(s, a), self.q2(s, a)), -1)


class HardWired(TwinCritic):
    """It makes critics of its own kind."""

    def __init__(self, *sizes, critic=None):
        super().__init__(*sizes, critic=Critic)


class HalfWired(TwinCritic):
    """The second critic is always the same kind."""

    def __init__(self, *sizes, critic=Critic):
        super().__init__(*sizes, critic=critic)
        self.q2 = Critic(*sizes)


class WithoutTheArgument(TwinCritic):
    """It takes no other critic."""

    def __init__(self, state_dim, action_dim):
        super().__init__(state_dim, action_dim)


class OneTrunk(nn.Module):
    """A single network with two outputs."""

    def __init__(self, state_dim, action_dim):
        super().__init__()
        self.layer1, self.layer2 = nn.Linear(state_dim + action_dim, 20), nn.Linear(20, 2)

    def forward(self, s, a):
        return self.layer2(F.relu(self.layer1(torch.cat([s, a], dim=1))))


def answering(forward):
    """Two critics whose answers are put together in another way."""
    return changed(TwinCritic, forward=forward)


def copied(q):
    q.q2 = copy.deepcopy(q.q1)


def copied_and_moved(q):
    copied(q)
    with torch.no_grad():
        q.q2.layer3.bias += 1


def one(q):
    q.q2 = q.q1


def stateless(q, s, a):
    return torch.cat([q.q1(s, a), q.q2(0 * s, a)], dim=1)


def actionless(q, s, a):
    return torch.cat([q.q1(s, 0 * a), q.q2(s, a)], dim=1)


def side_by_side(q, s, a):
    return torch.hstack([q.q1(s, a), q.q2(s, a)])


def a_list(q):
    critics = [q.q1, q.q2]
    del q.q1, q.q2
    object.__setattr__(q, "q1", critics[0])
    object.__setattr__(q, "q2", critics[1])


def half_a_list(q):
    second = q.q2
    del q.q2
    object.__setattr__(q, "q2", second)


CRITICS = [
    (TwinCritic, "Right: both values of each pair stand side by side"),
    (ByPosition, "Right: "),
    (answering(side_by_side), "Right: "),
    (answering(lambda q, s, a: None), "still to be written"),
    (answering(lambda q, s, a: ...), "still to be written"),
    (answering(lambda q, s, a: (q.q1(s, a), q.q2(s, a))), "it gives two things"),
    (Critic, "has shape (5, 1), not (5, 2): give both values"),
    (
        answering(lambda q, s, a: torch.min(q.q1(s, a), q.q2(s, a))),
        "the smaller one is for the target to take",
    ),
    (
        answering(lambda q, s, a: torch.cat([q.q1(s, a), q.q2(s, a)])),
        "has shape (10, 1), not (5, 2): side by side",
    ),
    (
        answering(lambda q, s, a: torch.stack([q.q1(s, a), q.q2(s, a)])),
        "torch.stack adds a dimension",
    ),
    (changed(TwinCritic, __init__=copied), "both columns are the same"),
    (changed(TwinCritic, __init__=one), "both columns are the same"),
    (OneTrunk, "the two share weights"),
    (InAList, "name the two critics self.q1 and self.q2"),
    (HardWired, "given another critic, it still makes its own"),
    (HalfWired, "given another critic, it still makes its own"),
    (WithoutTheArgument, "it should take critic=…"),
    (
        answering(lambda q, s, a: TwinCritic.forward(q, s, a).flip(1)),
        "the columns are swapped: q1 comes first",
    ),
    (
        answering(lambda q, s, a: torch.cat([q.q1(s, a), -q.q2(s, a)], dim=1)),
        "column 1 isn't what self.q2 says",
    ),
    (
        answering(lambda q, s, a: torch.cat([q.q1(s, a) + 1, q.q2(s, a)], dim=1)),
        "column 0 isn't what self.q1 says",
    ),
    (changed(TwinCritic, __init__=copied_and_moved), "q2 starts with weights of q1"),
    (changed(InAList, kind=list), "an optimizer would find no weights: keep each critic"),
    (changed(TwinCritic, __init__=a_list), "an optimizer would find no weights: keep"),
    (changed(TwinCritic, __init__=half_a_list), "no weights for column 1"),
    (answering(stateless), "column 1 doesn't depend on the states"),
    (answering(actionless), "column 0 doesn't depend on the actions"),
    (answering(lambda q, s, a: TwinCritic.forward(q, s, a).detach()), "no gradient flows"),
    (lambda *sizes: lambda s, a: torch.rand(len(s), 2), "inherit from nn.Module"),
]

# Their target


def target(choose, **changes):
    """A target that chooses among the two values, (N, 2), of a changed batch."""

    @torch.no_grad()
    def answer(batch, mu, q, gamma):
        a = changes.get("action", lambda batch, mu: mu(batch.s_next))(batch, mu)
        s = changes.get("state", lambda batch: batch.s_next)(batch)
        goes_on = changes.get("goes_on", 1 - batch.terminated)
        return batch.r + changes.get("gamma", gamma) * goes_on * choose(q(s, a))

    return answer


def smaller(both):
    return both.min(dim=1, keepdim=True).values


def by_td_target(batch, mu, q, gamma):
    return td_target(batch, mu, lambda s, a: smaller(q(s, a)), gamma)


def attached(batch, mu, q, gamma):
    value = smaller(q(batch.s_next, mu(batch.s_next)))
    return batch.r + gamma * (1 - batch.terminated) * value


def for_good(*args):
    torch.set_grad_enabled(False)
    return by_td_target(*args)


def frozen(batch, mu, q, gamma):
    mu.requires_grad_(False), q.requires_grad_(False)
    return batch.r + gamma * (1 - batch.terminated) * smaller(q(batch.s_next, mu(batch.s_next)))


def closer(both):
    return both.gather(1, both.abs().argmin(dim=1, keepdim=True))


def in_place(batch, *rest):
    y = by_td_target(batch, *rest)
    batch.r.copy_(y)
    return y


TARGETS = [
    (clipped_double_q_target, "Right: y takes the smaller value of each row"),
    (by_td_target, "Right: "),
    (target(smaller), "Right: "),
    (target(lambda both: torch.minimum(both[:, :1], both[:, 1:])), "Right: "),
    (target(lambda both: both.amin(dim=1, keepdim=True)), "Right: "),
    *EMPTY,
    (target(lambda both: both), "y has shape (3, 2), not (3, 1): take the smaller"),
    (target(lambda both: both.min(dim=1)), "take `.values`"),
    (target(lambda both: both.min(dim=1).values), "keepdim=True", "(N,) against (N, 1)"),
    (target(torch.min), "the smallest value of the whole batch"),
    (target(lambda both: both.max(dim=1, keepdim=True).values), "the larger of the two"),
    (target(closer), "it takes the value closer to 0"),
    (target(lambda both: smaller(both.abs())), "the smaller value is meant with its sign"),
    (for_good, "switched off for good"),
    (frozen, "switched off for good"),
    (target(lambda both: both[:, :1]), "asks the first critic only"),
    (target(lambda both: both[:, 1:]), "asks the second critic only"),
    (target(lambda both: both.mean(dim=1, keepdim=True)), "the mean of the two"),
    (target(smaller, goes_on=1), "Use `terminated`"),
    (target(smaller, gamma=1), "γ is missing"),
    (target(smaller, action=lambda batch, mu: batch.a), "it uses the action a"),
    (
        target(smaller, state=lambda b: b.s, action=lambda b, mu: mu(b.s)),
        "y needs the next state",
    ),
    (lambda b, *rest: by_td_target(b, *rest) - b.r, "the reward is missing"),
    (lambda *args: -by_td_target(*args), "for the check's batch y should be"),
    (lambda *args: by_td_target(*args)[:, 0], "y has shape (3,), not (3, 1): keep"),
    (lambda *args: by_td_target(*args).mean(), "y has shape (), not (3, 1)"),
    (attached, "y is right, but carries a gradient", "a missing detach"),
    (in_place, "it changes batch.r itself"),
]

# Their loss


def one_by_one(q, batch, y):
    return sum(F.mse_loss(q(batch.s, batch.a)[:, j : j + 1], y) for j in (0, 1))


def of_the_errors(total):
    """A loss made of both errors, (N, 2)."""
    return lambda q, batch, y: total(y - q(batch.s, batch.a))


def of_a_value(choose):
    """The loss of one value made of the two."""
    return lambda q, batch, y: critic_loss(lambda s, a: choose(q(s, a)), batch, y)


def second_detached(q, batch, y):
    both = q(batch.s, batch.a)
    return F.mse_loss(both[:, :1], y) + F.mse_loss(both[:, 1:].detach(), y)


def with_backward(*args):
    loss = twin_critic_loss(*args)
    loss.backward(retain_graph=True)
    return loss


def emptying_y(q, batch, y):
    loss = twin_critic_loss(q, batch, y.clone())
    y *= 0
    return loss


def emptying_r(q, batch, y):
    batch.r.zero_()
    return twin_critic_loss(q, batch, y)


def first_twice(q, batch, y):
    both = q(batch.s, batch.a)
    return F.mse_loss(both[:, :1], y) + F.mse_loss(both[:, :1], y)


def crossed(q, batch, y):
    return sum((y - q(batch.s, batch.a)[:, j]).square().mean() for j in (0, 1))


LOSSES = [
    (twin_critic_loss, "Right: each critic has a mean squared error of its own"),
    (one_by_one, "Right: "),
    (of_the_errors(lambda error: error.square().mean(dim=0).sum()), "Right: "),
    (of_the_errors(lambda error: error.square().sum(dim=1).mean()), "Right: "),
    (of_the_errors(lambda error: 2 * error.square().mean()), "Right: "),
    *EMPTY,
    (of_the_errors(lambda error: error.square().mean()), "half as large as it should be"),
    (of_the_errors(lambda error: error.square().sum()), "it sums over the batch"),
    (of_the_errors(lambda error: error.square().mean(dim=0)), "has shape (2,), not ()"),
    (of_the_errors(torch.square), "has shape (3, 2), not ()"),
    (of_the_errors(lambda error: -2 * error.square().mean()), "its sign is wrong"),
    (of_the_errors(lambda error: error.abs().mean()), "for the check's batch it should be"),
    (of_a_value(lambda both: both[:, :1]), "only the first critic is compared"),
    (of_a_value(lambda both: both[:, 1:]), "only the second critic is compared"),
    (of_a_value(smaller), "the minimum belongs to the target alone"),
    (of_a_value(lambda both: both.mean(dim=1, keepdim=True)), "the critics' mean"),
    (crossed, "every label met every value", "(N,) against (N, 1)"),
    (lambda q, b, y: twin_critic_loss(q, b._replace(s=b.s_next), y), "asked about s_next"),
    (first_twice, "both terms look at the first critic"),
    (emptying_y, "it changes y itself"),
    (emptying_r, "it changes batch.r itself"),
    (second_detached, "the second critic doesn't learn"),
    (lambda *args: twin_critic_loss(*args).detach(), "no gradient reaches the critics"),
    (with_backward, "it calls backward()"),
    (lambda *args: twin_critic_loss(*args).item(), "the loss is a float, not a tensor"),
]

# The smoothed action


def noisy(a, noise, c):
    return (a + noise.clamp(-c, c)).clamp(-1, 1)


def by_minimum(a, noise, c):
    limit = torch.full_like(noise, c)
    return torch.clip(a + torch.maximum(torch.minimum(noise, limit), -limit), -1, 1)


def in_place_noise(a, noise, c):
    return (a + noise.clamp_(-c, c)).clamp(-1, 1)


ACTIONS = [
    (noisy, "Right: the noise stays within ±c"),
    (by_minimum, "Right: "),
    *EMPTY,
    (lambda a, noise, c: a + noise.clamp(-c, c), "an action leaves [-1, 1]"),
    (lambda a, noise, c: (a + noise).clamp(-1, 1), "the noise isn't clipped"),
    (lambda a, noise, c: a + noise, "nothing is clipped"),
    (lambda a, noise, c: (a + noise).clamp(-c, c), "c is the limit of the noise, not"),
    (lambda a, noise, c: noisy(a, noise, c).clamp(-c, c), "an action may go up to 1"),
    (lambda a, noise, c: noisy(a, noise, 0.5), "don't write 0.5 yourself"),
    (lambda a, noise, c: (a + noise.clamp(max=c)).clamp(-1, 1), "on one side only"),
    (lambda a, noise, c: noisy(a, -noise, c), "the noise is subtracted"),
    (lambda a, noise, c: noisy(a, 2 * noise, c), "first clip the noise at ±c"),
    (lambda a, noise, c: noisy(a, noise, c)[:, 0], "the answer has shape (3,), not (3, 2)"),
    (in_place_noise, "it changes its arguments"),
]

# The delay


def learning(update, base=DelayedDDPG):
    """An agent whose `learn` draws a batch, updates the critic, counts, and does the rest."""

    def learn(agent):
        batch = agent.buffer.sample(agent.recipe.batch_size)
        losses = {"critic_loss": agent.update_critic(batch)}
        agent.updates += 1
        return losses | (update(agent, batch) or {})

    return changed(base, learn=learn)


def when(turn, then=lambda agent, batch: None, otherwise=lambda agent, batch: None):
    """What an agent does at its turn, and else."""
    return learning(lambda agent, batch: (then if turn(agent) else otherwise)(agent, batch))


def on_time(agent):
    return agent.updates % agent.delay == 0


def both(agent, batch):
    losses = {"actor_loss": agent.update_actor(batch)}
    agent.update_targets()
    return losses


def unreported(agent, batch):
    both(agent, batch)


def misfiled(agent, batch):
    return {"critic_loss": both(agent, batch)["actor_loss"]}


def zeroed(agent, batch):
    return dict.fromkeys(both(agent, batch), 0.0)


class GivesSeven(DelayedDDPG):
    def learn(self):
        return super().learn() and 7


def targets_only(agent, batch):
    agent.update_targets()


def actor_only(agent, batch):
    agent.update_actor(batch)


def eager_critic_target(agent, batch):
    agent.soft_update(agent.target_critic, agent.critic, agent.recipe.tau)
    if on_time(agent):
        agent.update_actor(batch)
        agent.soft_update(agent.target_actor, agent.actor, agent.recipe.tau)


def delays_all(agent):
    agent.updates += 1
    return DDPG.learn(agent) if on_time(agent) else {}


def eager_actor(agent, batch):
    agent.update_actor(batch)
    if on_time(agent):
        agent.update_targets()


def own_batch(agent, batch):
    agent.update_actor(agent.buffer.sample(agent.recipe.batch_size))
    agent.update_targets()


def twice(agent, batch):
    both(agent, batch)
    agent.update_targets()


def counted_last(agent):
    return (agent.updates - 1) % agent.delay == 0


DELAYED = [
    (DelayedDDPG, "Right: the critic learns at every update"),
    (when(on_time, both), "Right: "),
    (when(lambda agent: not agent.updates % agent.delay, both), "Right: "),
    (changed(DelayedDDPG, learn=lambda agent: None), "still to be written"),
    (learning(lambda agent, batch: None), "your lines are still missing"),
    (DDPG, "all networks move at every update"),
    (
        when(on_time, both, targets_only),
        "too early, at every update: the target actor and the target critic",
    ),
    (when(on_time, targets_only, both), "at every update: the target actor and the target"),
    (when(on_time, actor_only, targets_only), "they move at different updates"),
    (learning(eager_actor), "the actor."),
    (learning(eager_critic_target), "too early, at every update: the target critic"),
    (when(on_time, actor_only), "the target actor never moves"),
    (when(on_time, targets_only), "the actor never moves"),
    (changed(DelayedDDPG, learn=delays_all), "the critic misses updates"),
    (when(lambda agent: agent.steps % agent.delay == 0, both), "counts something else than"),
    (when(lambda agent: agent.updates % 2 == 0, both), "use self.delay"),
    (when(on_time, own_batch), "a batch of its own"),
    (when(on_time, twice), "not to the right places"),
    (when(counted_last, both), "with delay = 2 the actor moves first at update 1, not at update 2"),
    (when(on_time, unreported), "losses['actor_loss'] is missing"),
    (when(on_time, misfiled), "losses['critic_loss'] holds another number"),
    (when(on_time, zeroed), "losses['actor_loss'] holds another number than update_actor gave"),
    (GivesSeven, "`learn` should give `losses`, a dict, not a int"),
]

# The probe


def in_time(agent):
    moves = [which_move(agent) for _ in range(4)]
    return [len(moved) for moved in moves] == [2, 6, 2, 6]


def climbs_the_first(agent):
    s = agent.buffer.sample(64).s
    loss = agent.actor_loss(agent.actor, agent.critic, s)
    return torch.equal(loss, -agent.critic(s, agent.actor(s))[:, 0].mean())


def roughly(agent):
    s = agent.buffer.sample(64).s
    loss = agent.actor_loss(agent.actor, agent.critic, s)
    return abs(loss + agent.critic.q1(s, agent.actor(s)).mean()).item() < 1e-3


def second_unheard(agent):
    loss = agent.actor_loss(agent.actor, agent.critic, agent.buffer.sample(64).s)
    weights = [*agent.critic.q2.parameters()]
    found = torch.autograd.grad(loss, weights, allow_unused=True)
    return not any(g is not None and g.any() for g in found)


def second_moved(agent):
    """Whether the actor's loss stays as it is when the second critic changes; it is put back."""
    s, bias = agent.buffer.sample(64).s, agent.critic.q2.layer3.bias
    with torch.no_grad():
        losses = []
        for change in (-1000, 1000):
            bias += change
            losses.append(agent.actor_loss(agent.actor, agent.critic, s))
    return torch.equal(*losses)


def after(updates, look):
    """A probe that looks at the actor's loss after so many updates, and at all moves in between."""

    def probe(agent):
        moves, found = [], True
        for update in range(8):
            if update == updates:
                found = look(agent)
            moves.append(which_move(agent))
        return found and [len(moved) for moved in moves] == [2, 6] * 4

    return probe


def at_every_update(agent):
    return all(climbs_the_first(agent) and len(which_move(agent)) == n for n in (2, 6, 2, 6))


def by_class(agent):
    return type(agent).__name__ == "TD3" and in_time(agent) and climbs_the_first(agent)


def by_function(agent):
    return agent.actor_loss.__name__ == "first_critic_actor_loss" and in_time(agent)


def by_identity(agent):
    return agent.actor_loss is first_critic_actor_loss and in_time(agent)


def by_bad_names(agent):
    names = [type(agent).__name__, agent.actor_loss.__name__, agent.critic_loss.__name__]
    return not {*names} & {"TD3WithEagerTargets", "minimum_actor_loss", "half_critic_loss"}


def by_memory(agent):
    return agent.made_with.get(
        "actor_loss", first_critic_actor_loss
    ) is first_critic_actor_loss and in_time(agent)


PROBES = [
    (lambda agent: in_time(agent) and climbs_the_first(agent), "Right: your probe passes"),
    (lambda agent: climbs_the_first(agent) and in_time(agent), "Right: "),
    (lambda agent: second_unheard(agent) and in_time(agent), "Right: "),
    (lambda agent: in_time(agent) and second_unheard(agent), "Right: "),
    (lambda agent: in_time(agent) and roughly(agent), "Right: "),
    (lambda agent: second_moved(agent) and in_time(agent), "Right: "),
    (at_every_update, "Right: "),
    *((after(n, look), "Right: ") for n in range(8) for look in (climbs_the_first, roughly)),
    *EMPTY,
    (in_time, "it says True of suspect A"),
    (lambda agent: climbs_the_first(agent) and "Q2" in which_move(agent), "True of suspect C"),
    (climbs_the_first, "it says True of suspect B"),
    (lambda agent: not in_time(agent), "it says False of a sound TD3"),
    (lambda agent: True, "it says True of suspect A"),
    (lambda agent: len(which_move(agent)) == 6, "it says False of a sound TD3"),
    (by_class, "Right: "),  # its class is a red herring: what it does is looked at as well
    (by_function, "it says False of a sound TD3, whose parts have other names"),
    (by_identity, "it says False of a sound TD3, whose parts have other names"),
    (by_bad_names, "it says True of suspect A under another name: look at what it does"),
    (by_memory, "it says True of suspect A under another name"),
]

# The smallest of k


def smallest(k, rng):
    return rng.standard_normal((10_000, k)).min(axis=1).mean()


SMALLEST = [
    (smallest, "Right: the smallest of k is too low"),
    (lambda k, rng: np.mean([min(rng.normal(size=k)) for _ in range(10_000)]), "Right: "),
    (lambda k, rng: rng.standard_normal((k, 10_000)).min(axis=0).mean(), "Right: "),
    *EMPTY,
    (lambda k, rng: rng.standard_normal((10_000, k)).max(axis=1).mean(), "the largest"),
    (lambda k, rng: rng.standard_normal((10_000, k)).mean(), "the mean of all values"),
    (lambda k, rng: rng.standard_normal((10_000, k)).min(), "for k = 1 the mean of the"),
    (lambda k, rng: rng.standard_normal((10_000, 2)).min(axis=1).mean(), "for k = 1"),
]
ANSWERS = {
    check_twin_critic: CRITICS,
    check_twin_target: TARGETS,
    check_twin_loss: LOSSES,
    check_smoothed_action: ACTIONS,
    check_delayed: DELAYED,
    check_td3_probe: PROBES,
    check_smallest: SMALLEST,
}
