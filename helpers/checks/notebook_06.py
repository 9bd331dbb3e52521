"""Checks of notebook 06: how a target network is made, how it follows, and how it jumps."""

from collections.abc import Callable

import torch
from torch import nn

from helpers.checks.verdicts import check, given


def pair() -> tuple[nn.Module, nn.Module]:
    """An online network whose numbers are all 4, and a target of zeros with no gradient."""
    online, target = (nn.utils.skip_init(nn.Linear, 3, 2).double() for _ in range(2))
    target.requires_grad_(False)
    for network, number in ((online, 4.0), (target, 0.0)):
        for p in network.parameters():
            nn.init.constant_(p, number)
    target.bias += 2  # so that weights and biases start at different distances
    return online, target


def deep_pair() -> tuple[nn.Module, nn.Module]:
    """The same for networks of two layers, whose parameters have longer names."""
    networks = [nn.Sequential(nn.Linear(3, 2), nn.ReLU(), nn.Linear(2, 1)) for _ in range(2)]
    networks[1].requires_grad_(False)
    return networks[0], networks[1]


def copies(network: nn.Module) -> list[torch.Tensor]:
    """The network's numbers, in tensors of their own."""
    return [p.detach().clone() for p in network.parameters()]


def same(some, others) -> bool:
    """Whether two lists of tensors hold the same numbers, up to rounding."""
    return all(torch.allclose(x, y) for x, y in zip(some, others, strict=True))


@check
def check_soft_update(soft_update: Callable) -> str | None:
    """each weight and each bias goes τ of the way, in place, and nothing else moves."""
    for tau in (0.25, 0.1):
        online, target = pair()
        before, places = copies(target), list(target.parameters())
        memory, kept = [p.detach() for p in places], copies(online)
        soft_update(target, online, tau)
        if any(p is not place for p, place in zip(target.parameters(), places, strict=True)):
            return "it gave the target new parameters: write into those that it has."
        if any(p.requires_grad for p in target.parameters()):
            return "the target's weights carry a gradient history: calculate under torch.no_grad()."
        if not same(online.parameters(), kept):
            return "it moved the online network too: only the target may move."
        if complaint := movement_complaint(before, kept, copies(target), tau):
            return complaint
        if not same(memory, target.parameters()):
            return "the numbers are right, but in new tensors: write with mul_, add_ or copy_."
    return layers_complaint(soft_update)


def layers_complaint(soft_update: Callable) -> str | None:
    """What is wrong in networks of several layers, once all is right in a single one."""
    online, target = deep_pair()
    expected = [*map(torch.lerp, copies(target), copies(online), [0.25] * 4)]
    words = "it works in a single layer, but not in several: go through target.parameters()."
    try:
        soft_update(target, online, 0.25)
    except (AttributeError, KeyError):
        return words
    return None if same(target.parameters(), expected) else words


def movement_complaint(before: list, online: list, after: list, tau: float) -> str | None:
    """What is wrong with where the target went; the lists hold weights and biases in order."""

    def at(fraction: float) -> bool:
        """Whether the target went this fraction of the way."""
        return same(after, map(torch.lerp, before, online, [fraction] * len(before)))

    if at(tau):
        return None
    moved = [not torch.allclose(p, p0) for p, p0 in zip(after, before, strict=True)]
    if not any(moved):
        return (
            "the target did not move. Your line is still to be written, or only names a new "
            "tensor, as `p_target = ...` does: write into the old one, with mul_, add_ or copy_."
        )
    if not all(moved):
        still = " and ".join(n for n, m in zip(("weights", "biases"), moved, strict=True) if not m)
        return f"the {still} stayed where they were: go through all of target.parameters()."
    if at(1.0):
        return "it copied the online network, which is a hard update: go only τ of the way."
    if at(1 - tau):
        return "τ is the wrong way round: the online network gets τ, the target keeps 1 − τ."
    if at(-tau):
        return "the target moved away from the online network: turn the difference round."
    return (
        f"with τ = {tau}, a target weight of 0 should go towards 4 as far as {4 * tau:.3g}, and a "
        f"bias of 2 as far as {2 + tau * 2:.3g}; they came to {after[0].flatten()[0].item():.3g} "
        f"and {after[1][0].item():.3g}."
    )


@check
def check_target(make_target: Callable) -> str | None:
    """the target begins equal, has weights of its own, and wants no gradient."""
    online, _ = pair()
    if complaint := target_complaint(make_target, online):
        return complaint
    online, _ = deep_pair()
    try:
        return target_complaint(make_target, online)
    except Exception:
        return "it works for one layer only: copy whatever network it is given."


def target_complaint(make_target: Callable, online: nn.Module) -> str | None:
    """What is wrong with the target of this network."""
    before = copies(online)
    target = given(make_target(online))
    if target is online:
        return "that is the network itself under a second name: its labels would be live."
    if not isinstance(target, nn.Module):
        return f"it gives a {type(target).__name__}, not a network."
    if type(target) is not type(online):
        return f"it gives a {type(target).__name__} for a {type(online).__name__}: copy that."
    if not same(online.parameters(), before):
        return "it changed the network that it was given: only copy it."
    pairs = list(zip(target.parameters(), online.parameters(), strict=True))
    if any(p_target is p for p_target, p in pairs):
        return "the target shares its weights with the network: copy.copy is not deep enough."
    if any(p_target.data_ptr() == p.data_ptr() for p_target, p in pairs):
        return "the target's weights are in the same memory as the network's: clone the numbers."
    if not all(p.requires_grad for p in online.parameters()):
        return "the online network wants no gradient any more, and so can no longer learn."
    if not same(target.parameters(), before):
        return "it begins with other weights: a target is a copy of the network, not a new one."
    if any(p.requires_grad for p in target.parameters()):
        return "right but for one thing: it wants gradients. Call requires_grad_(False) on it."
    return None


EVERY, UPDATES = 4, 10  # of the hard copies


@check
def check_hard_copy(hard_copy: type) -> str | None:
    """each target is copied completely at every fourth update of its own, and else stands still."""
    update = given(hard_copy(EVERY))
    pairs = [pair()[::-1], pair()[::-1]]  # the actor's target and the critic's, each first
    kept = [[*target.parameters()] for target, _ in pairs]
    memory = [p.detach() for places in kept for p in places]
    copied: list[list[int]] = [[], []]  # the updates after which each target was a copy
    for number in range(1, UPDATES + 1):
        for (target, online), done in zip(pairs, copied, strict=True):
            with torch.no_grad():
                for p in online.parameters():
                    p += 1  # as if it had learned
            before, learned = copies(target), copies(online)
            given_back = update(target, online, 0.1)
            if given_back is ...:
                raise NotImplementedError
            if not same(online.parameters(), learned):
                return "it moved the online network too: only the target may move."
            if same(target.parameters(), learned):
                done.append(number)
            elif not same(target.parameters(), before):
                return "the target moved without becoming a copy: all of it moves, or none of it."
    if any(p.requires_grad for target, _ in pairs for p in target.parameters()):
        return "the target wants gradients after a copy: copy numbers, with load_state_dict."
    now = [p for target, _ in pairs for p in target.parameters()]
    if any(p is not q for p, q in zip(now, [p for places in kept for p in places], strict=True)):
        return "it gave the target new parameters: write into those that it has."
    if not same(memory, now):
        return "the numbers are right, but in new tensors: use load_state_dict or copy_."
    return rhythm_complaint(copied)


def rhythm_complaint(copied: list[list[int]]) -> str | None:
    """What is wrong with the updates at which two targets were copied."""
    both = sorted(copied[0] + copied[1])
    if not both:
        return "no target was ever copied: your code is still to be written, or counts too little."
    if len(both) == 2 * UPDATES:
        return "the targets were live at every update: copy, and then let them stand still."
    if not all(copied):
        return "one of the two targets was never copied: each needs a count of its own."
    for updates in copied:
        apart = [b - a for a, b in zip([0, *updates], [*updates, UPDATES + 1], strict=True)]
        if updates[0] > EVERY or any(n != EVERY for n in apart[1:-1]) or apart[-1] > EVERY:
            return (
                f"with every = {EVERY} a target was copied at its updates "
                f"{', '.join(map(str, updates))}: count each target's updates for itself."
            )
    return None
