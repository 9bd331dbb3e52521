"""Checks of notebook 06: how a target network is made, and how it follows."""

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
    return None


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
            "the target did not move. `p_target = ...` gives a new tensor that name and leaves the "
            "network alone: write into the old tensor, with mul_, add_ or copy_."
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
    before = copies(online)
    target = given(make_target(online))
    if target is online:
        return "that is the network itself under a second name: its labels would be live."
    if not isinstance(target, nn.Module):
        return f"it gives a {type(target).__name__}, not a network."
    if not all(p.requires_grad for p in online.parameters()):
        return "the online network wants no gradient any more, and so can no longer learn."
    pairs = list(zip(target.parameters(), online.parameters(), strict=True))
    if any(p_target is p for p_target, p in pairs):
        return "the target shares its weights with the network: copy.copy is not deep enough."
    if any(p_target.data_ptr() == p.data_ptr() for p_target, p in pairs):
        return "the target's weights are in the same memory as the network's: clone the numbers."
    if not same(target.parameters(), before):
        return "it begins with other weights: a target is a copy of the network, not a new one."
    if any(p.requires_grad for p in target.parameters()):
        return "right but for one thing: it wants gradients. Call requires_grad_(False) on it."
    return None
