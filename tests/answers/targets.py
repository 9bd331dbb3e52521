"""Answers to the exercises on target networks."""

import copy

import torch
from torch import nn

from helpers.checks import check_soft_update, check_target
from helpers.targets import soft_update


def moving(rule):
    """A soft update in which `rule` moves one parameter."""

    @torch.no_grad()
    def update(target, online, tau):
        for p_target, p in zip(target.parameters(), online.parameters(), strict=True):
            rule(p_target, p, tau)

    update.__name__ = rule.__name__
    return update


def unfinished(target, online, tau):
    raise NotImplementedError


def rebinding(target, online, tau):
    for p_target, p in zip(target.parameters(), online.parameters(), strict=True):
        p_target = tau * p + (1 - tau) * p_target


def attached(target, online, tau):
    for p_target, p in zip(target.parameters(), online.parameters(), strict=True):
        p_target.mul_(1 - tau).add_(tau * p)


@torch.no_grad()
def new_parameters(target, online, tau):
    target.weight = nn.Parameter(tau * online.weight + (1 - tau) * target.weight)
    target.bias = nn.Parameter(tau * online.bias + (1 - tau) * target.bias)


def new_tensors(target, online, tau):
    for p_target, p in zip(target.parameters(), online.parameters(), strict=True):
        p_target.data = tau * p.data + (1 - tau) * p_target.data


@torch.no_grad()
def weights_only(target, online, tau):
    target.weight.lerp_(online.weight, tau)


@torch.no_grad()
def biases_only(target, online, tau):
    target.bias.lerp_(online.bias, tau)


def both_move(p_target, p, tau):
    p_target.lerp_(p, tau)
    p.lerp_(p_target, tau)


def in_two_steps(p_target, p, tau):
    p_target.mul_(1 - tau).add_(tau * p)


def by_copying_in(p_target, p, tau):
    p_target.copy_(tau * p + (1 - tau) * p_target)


def online_follows(p_target, p, tau):
    p.lerp_(p_target, tau)


def hard(p_target, p, tau):
    p_target.copy_(p)


def tau_turned(p_target, p, tau):
    p_target.lerp_(p, 1 - tau)


def away(p_target, p, tau):
    p_target.add_(tau * (p_target - p))


def adding(p_target, p, tau):
    p_target.add_(tau * p)


def tau_ignored(p_target, p, tau):
    p_target.lerp_(p, 0.25)


def no_pairs(target, online, tau):
    target.load_state_dict(tau * online)


ROWS = [
    (soft_update, "Right: each weight and each bias goes the part τ"),
    (moving(in_two_steps), "Right"),
    (moving(by_copying_in), "Right"),
    (unfinished, "still to be written"),
    (no_pairs, "it raised TypeError"),
    (lambda target, online, tau: None, "the target did not move"),
    (rebinding, "the target did not move. `p_target = ...` gives a new tensor"),
    (attached, "gradient history"),
    (new_parameters, "it gave the target new parameters"),
    (new_tensors, "they stand in new tensors"),
    (weights_only, "the biases stayed where they were"),
    (biases_only, "the weights stayed where they were"),
    (moving(both_move), "it moved the online network too"),
    (moving(online_follows), "it moved the online network too"),
    (moving(hard), "which is a hard update", "hard in place of soft update"),
    (moving(tau_turned), "the wrong way round", "τ the wrong way round"),
    (moving(away), "moved away"),
    (moving(adding), "they came to 1 and 3"),
    (moving(tau_ignored), "with τ = 0.1"),
]


def deep(online):
    return copy.deepcopy(online).requires_grad_(False)


def filled(online):
    target = nn.Linear(online.in_features, online.out_features).double()
    target.load_state_dict(online.state_dict())
    return target.requires_grad_(False)


def second_name(online):
    target = online
    return target


def shallow(online):
    return copy.copy(online)


def frozen_second_name(online):
    return online.requires_grad_(False)


def frozen_shallow(online):
    return copy.copy(online).requires_grad_(False)


def same_memory(online):
    target = copy.deepcopy(online).requires_grad_(False)
    for p_target, p in zip(target.parameters(), online.parameters(), strict=True):
        p_target.data = p.data
    return target


def new_weights(online):
    return nn.Linear(online.in_features, online.out_features).double().requires_grad_(False)


def with_gradients(online):
    return copy.deepcopy(online)


def weights_alone(online):
    return copy.deepcopy(online.state_dict())


TARGETS = [
    (deep, "Right: the target begins equal, has weights of its own"),
    (filled, "Right"),
    (second_name, "the network itself under a second name", "a target that is the live network"),
    (shallow, "shares its weights", "a target that is the live network"),
    (frozen_second_name, "under a second name"),
    (frozen_shallow, "wants no gradient any more"),
    (same_memory, "stand in the same memory"),
    (new_weights, "begins with other weights"),
    (with_gradients, "it wants gradients"),
    (weights_alone, "it gives a OrderedDict, not a network"),
    (lambda online: ..., "still to be written"),
]
ANSWERS = [(check_soft_update, *row) for row in ROWS] + [(check_target, *row) for row in TARGETS]
