"""The check of the soft update against the right answer, and each mistake that it names."""

import pytest
import torch
from torch import nn

from helpers.checks import check_soft_update
from helpers.targets import soft_update


def moving(rule):
    """A soft update in which `rule` moves one parameter."""

    @torch.no_grad()
    def update(target, online, tau):
        for p_target, p in zip(target.parameters(), online.parameters(), strict=True):
            rule(p_target, p, tau)

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


def no_pairs(target, online, tau):
    target.load_state_dict(tau * online)


ANSWERS = [
    (soft_update, "Right: each weight and each bias goes the part τ"),
    (moving(lambda pt, p, tau: pt.mul_(1 - tau).add_(tau * p)), "Right"),
    (moving(lambda pt, p, tau: pt.copy_(tau * p + (1 - tau) * pt)), "Right"),
    (unfinished, "still to be written"),
    (None, "it raised TypeError"),
    (no_pairs, "it raised TypeError"),
    (lambda target, online, tau: None, "the target did not move"),
    (rebinding, "the target did not move. `p_target = ...` gives a new tensor"),
    (attached, "gradient history"),
    (new_parameters, "it gave the target new parameters"),
    (new_tensors, "they stand in new tensors"),
    (weights_only, "the biases stayed where they were"),
    (biases_only, "the weights stayed where they were"),
    (moving(both_move), "it moved the online network too"),
    (moving(lambda pt, p, tau: p.lerp_(pt, tau)), "it moved the online network too"),
    (moving(lambda pt, p, tau: pt.copy_(p)), "which is a hard update"),
    (moving(lambda pt, p, tau: pt.lerp_(p, 1 - tau)), "the wrong way round"),
    (moving(lambda pt, p, tau: pt.add_(tau * (pt - p))), "moved away"),
    (moving(lambda pt, p, tau: pt.add_(tau * p)), "they came to 1 and 3"),
    (moving(lambda pt, p, tau: pt.lerp_(p, 0.25)), "with τ = 0.1"),
]


@pytest.mark.parametrize(("update", "words"), ANSWERS)
def test_answers(update, words, capsys):
    assert check_soft_update(update) is None
    answer = capsys.readouterr().out
    assert answer.startswith("Right" if words.startswith("Right") else "Not yet")
    assert words in answer
    assert answer.count("\n") == 1
