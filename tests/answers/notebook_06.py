"""Answers to the exercises of notebook 06."""

import copy

import torch
from torch import nn

from answers.shared import EMPTY
from helpers.checks import check_soft_update, check_target
from helpers.targets import soft_update


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


UPDATES = [
    (soft_update, "Right: each weight and each bias goes τ of the way"),
    (moving(lambda p_target, p, tau: p_target.mul_(1 - tau).add_(tau * p)), "Right"),
    (moving(lambda p_target, p, tau: p_target.copy_(tau * p + (1 - tau) * p_target)), "Right"),
    (lambda target, online, tau: target.load_state_dict(tau * online), "it raised TypeError"),
    (lambda target, online, tau: None, "the target did not move"),
    (rebinding, "the target did not move. `p_target = ...` gives a new tensor"),
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


TARGETS = [
    (deep, "Right: the target begins equal, has weights of its own"),
    (filled, "Right"),
    (
        lambda online: online,
        "the network itself under a second name",
        "a target that is the live network",
    ),
    (copy.copy, "shares its weights", "a target that is the live network"),
    (lambda online: online.requires_grad_(False), "under a second name"),
    (lambda online: copy.copy(online).requires_grad_(False), "wants no gradient any more"),
    (same_memory, "are in the same memory"),
    (new_weights, "begins with other weights"),
    (copy.deepcopy, "it wants gradients"),
    (lambda online: copy.deepcopy(online.state_dict()), "it gives a OrderedDict, not a network"),
    *EMPTY,
]
ANSWERS = {check_soft_update: UPDATES, check_target: TARGETS}
