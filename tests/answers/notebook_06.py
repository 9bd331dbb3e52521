"""Answers to the exercises of notebook 06."""

import copy

import torch
from torch import nn

from answers.shared import EMPTY, changed
from helpers.checks import check_hard_copy, check_soft_update, check_target
from helpers.targets import soft_update
from helpers.variants.ablations import HardCopy


def moving(rule):
    """A soft update in which `rule` moves one parameter."""

    @torch.no_grad()
    def update(target, online, tau):
        for p_target, p in zip(target.parameters(), online.parameters(), strict=True):
            rule(p_target, p, tau)

    return update


def rebinding(target, online, tau):
    for p_target, p in zip(target.parameters(), online.parameters(), strict=True):
        p_target = tau * p + (1 - tau) * p_target


def attached(target, online, tau):
    for p_target, p in zip(target.parameters(), online.parameters(), strict=True):
        p_target.mul_(1 - tau).add_(tau * p)


def new_parameters(target, online, tau):
    numbers = tau * online.weight.detach() + (1 - tau) * target.weight
    target.weight = nn.Parameter(numbers)


def new_tensors(target, online, tau):
    for p_target, p in zip(target.parameters(), online.parameters(), strict=True):
        p_target.data = tau * p.data + (1 - tau) * p_target.data


def both_move(p_target, p, tau):
    p_target.lerp_(p, tau)
    p.lerp_(p_target, tau)


@torch.no_grad()
def by_names(target, online, tau):
    target.weight.lerp_(online.weight, tau)
    target.bias.lerp_(online.bias, tau)


@torch.no_grad()
def by_state(target, online, tau):
    old, new = target.state_dict(), online.state_dict()
    target.load_state_dict({key: tau * new[key] + (1 - tau) * old[key] for key in old})


@torch.no_grad()
def first_two(target, online, tau):
    pairs = [*zip(target.parameters(), online.parameters(), strict=True)]
    for p_target, p in pairs[:2]:
        p_target.lerp_(p, tau)


UPDATES = [
    (soft_update, "Right: each weight and each bias goes τ of the way"),
    (moving(lambda p_target, p, tau: p_target.mul_(1 - tau).add_(tau * p)), "Right"),
    (moving(lambda p_target, p, tau: p_target.copy_(tau * p + (1 - tau) * p_target)), "Right"),
    (lambda target, online, tau: target.load_state_dict(tau * online), "it raised TypeError"),
    (lambda target, online, tau: None, "Your line is still to be written"),
    (by_state, "Right"),
    (moving(lambda p_target, p, tau: p_target.data.mul_(1 - tau).add_(tau * p.data)), "Right"),
    (by_names, "in a single layer, but not in several"),
    (first_two, "in a single layer, but not in several"),
    (rebinding, "or only names a new tensor, as `p_target = ...` does"),
    (attached, "gradient history"),
    (new_parameters, "it gave the target new parameters"),
    (new_tensors, "but in new tensors"),
    (
        lambda target, online, tau: target.weight.lerp_(online.weight.detach(), tau),
        "the biases stayed where they were",
    ),
    (
        lambda target, online, tau: target.bias.lerp_(online.bias.detach(), tau),
        "the weights stayed where they were",
    ),
    (moving(both_move), "it moved the online network too"),
    (moving(lambda p_target, p, tau: p.lerp_(p_target, tau)), "it moved the online network too"),
    (
        moving(lambda p_target, p, tau: p_target.copy_(p)),
        "which is a hard update",
        "hard in place of soft update",
    ),
    (
        moving(lambda p_target, p, tau: p_target.lerp_(p, 1 - tau)),
        "the wrong way round",
        "τ the wrong way round",
    ),
    (moving(lambda p_target, p, tau: p_target.add_(tau * (p_target - p))), "moved away"),
    (moving(lambda p_target, p, tau: p_target.add_(tau * p)), "they came to 1 and 3"),
    (moving(lambda p_target, p, tau: p_target.lerp_(p, 0.25)), "with τ = 0.1"),
]


def deep(online):
    return copy.deepcopy(online).requires_grad_(False)


def new_weights(online):
    return nn.Linear(online.in_features, online.out_features).double().requires_grad_(False)


def filled(online):
    target = new_weights(online)
    target.load_state_dict(online.state_dict())
    return target


def same_memory(online):
    target = deep(online)
    for p_target, p in zip(target.parameters(), online.parameters(), strict=True):
        p_target.data = p.data
    return target


def zeroing(online):
    target = deep(online)
    with torch.no_grad():
        for p in online.parameters():
            p.zero_()
    return target


def always_linear(online):
    target = nn.Linear(3, 2).double().requires_grad_(False)
    if isinstance(online, nn.Linear):
        target.load_state_dict(online.state_dict())
    return target


def made_again(online):
    target = copy.deepcopy(online)
    target.load_state_dict(online.state_dict())
    for p in target.parameters():
        p.requires_grad = False
    return target


TARGETS = [
    (deep, "Right: the target begins equal, has weights of its own"),
    (made_again, "Right"),
    (filled, "it works for one layer only"),
    (always_linear, "it gives a Linear for a Sequential"),
    (zeroing, "it changed the network that it was given"),
    (
        lambda online: online,
        "the network itself under a second name",
        "a target that is the live network",
    ),
    (copy.copy, "shares its weights", "a target that is the live network"),
    (lambda online: online.requires_grad_(False), "under a second name"),
    (lambda online: copy.copy(online).requires_grad_(False), "shares its weights"),
    (lambda online: copy.deepcopy(online.requires_grad_(False)), "wants no gradient any more"),
    (same_memory, "are in the same memory"),
    (new_weights, "begins with other weights"),
    (copy.deepcopy, "it wants gradients"),
    (lambda online: copy.deepcopy(online.state_dict()), "it gives a OrderedDict, not a network"),
    *EMPTY,
]


class RightCopy:
    def __init__(self, every):
        self.every, self.calls = every, {}

    def key(self, target):
        return target

    def due(self, calls):
        return calls % self.every == 0

    def copy(self, target, online):
        target.load_state_dict(online.state_dict())

    def __call__(self, target, online, tau):
        key = self.key(target)
        self.calls[key] = self.calls.get(key, 0) + 1
        if self.due(self.calls[key]):
            self.copy(target, online)


def hard(**parts):
    return changed(RightCopy, **parts)


class AtTheFirst(RightCopy):
    def __call__(self, target, online, tau):
        if self.calls.get(target, 0) % self.every == 0:
            self.copy(target, online)
        self.calls[target] = self.calls.get(target, 0) + 1


class Softly(RightCopy):
    def __call__(self, target, online, tau):
        super().__call__(target, online, tau)
        soft_update(target, online, tau)


class SwapsData(RightCopy):
    def copy(self, target, online):
        for p_target, p in zip(target.parameters(), online.parameters(), strict=True):
            p_target.data = p.data.clone()


class SharesData(RightCopy):
    def copy(self, target, online):
        for p_target, p in zip(target.parameters(), online.parameters(), strict=True):
            p_target.data = p.data


class NewParameters(RightCopy):
    def copy(self, target, online):
        target.weight = nn.Parameter(online.weight.detach().clone(), requires_grad=False)
        target.bias = nn.Parameter(online.bias.detach().clone(), requires_grad=False)


class Attached(RightCopy):
    def copy(self, target, online):
        for p_target, p in zip(target.parameters(), online.parameters(), strict=True):
            p_target.copy_(p)


class Backwards(RightCopy):
    def copy(self, target, online):
        online.load_state_dict(target.state_dict())


HARD = [
    (RightCopy, "Right: each target is copied completely at every fourth update"),
    (HardCopy, "Right"),
    (hard(key=lambda copies, target: id(target)), "Right"),
    (AtTheFirst, "Right"),
    (hard(copy=lambda copies, target, online: soft_update(target, online, 1.0)), "Right"),
    (hard(__call__=lambda copies, target, online, tau: ...), "still to be written"),
    (hard(__call__=lambda copies, target, online, tau: None), "still to be written"),
    (hard(key=lambda copies, target: "all"), "one of the two targets was never copied"),
    (hard(due=lambda copies, calls: True), "live at every update"),
    (hard(due=lambda copies, calls: calls == copies.every), "at its updates 4: count"),
    (hard(due=lambda copies, calls: calls % 100 == 0), "counts too little"),
    (hard(due=lambda copies, calls: calls % 3 == 0), "at its updates 3, 6, 9"),
    (Softly, "without becoming a copy"),
    (SwapsData, "but in new tensors"),
    (SharesData, "in new tensors"),
    (NewParameters, "new parameters"),
    (Attached, "wants gradients after a copy"),
    (Backwards, "it moved the online network too"),
    (soft_update, "it raised TypeError"),
    *EMPTY,
]
ANSWERS = {check_soft_update: UPDATES, check_target: TARGETS, check_hard_copy: HARD}
