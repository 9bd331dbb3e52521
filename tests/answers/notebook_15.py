"""Answers to the exercises of notebook 15."""

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn

from answers.shared import EMPTY, changed
from helpers.checks import (
    check_eyes,
    check_reading,
    check_regularized_loss,
    check_shift,
    check_stacks,
)
from helpers.extensions.pixels import Eyes, regularized_actor_loss
from helpers.pendulum.frames import RIGHT, UP


def angle(frame):
    return np.arctan2(-(frame * RIGHT).sum(), (frame * UP).sum())


def difference(new, old):
    return (new - old + np.pi) % (2 * np.pi) - np.pi


def read(frames, steps=(1, 2), place=2, pace=0.05):
    angles = [angle(frame) for frame in frames]
    velocity = difference(angles[steps[1]], angles[steps[0]]) / pace
    return np.array([np.cos(angles[place]), np.sin(angles[place]), velocity])


def read_pixel_by_pixel(frames):
    ends = []
    for frame in frames[1:]:
        y, x = np.nonzero(frame > 127)
        ends.append(np.angle((31.5 - y).mean() - 1j * (x - 31.5).mean()))
    turn = np.angle(np.exp(1j * (ends[1] - ends[0])))
    return [np.cos(ends[1]), np.sin(ends[1]), turn / 0.05]


def read_without_wrapping(frames):
    old, new = angle(frames[1]), angle(frames[2])
    return np.array([np.cos(new), np.sin(new), (new - old) / 0.05])


READINGS = [
    *EMPTY,
    (read, "Right: it reads angle and velocity"),
    (read_pixel_by_pixel, "Right: "),
    (read_without_wrapping, "an angle of 179° is next to −179°"),
    (lambda f: read(f) * [1, -1, -1], "the rod is mirrored"),
    (lambda f: read(f) * [1, -1, 1], "the sine has the wrong sign"),
    (lambda f: read(f) * [-1, 1, -1], "the rod is upside down"),
    (lambda f: read(f) * [-1, 1, 1], "the cosine has the wrong sign"),
    (lambda f: read(f) * [-1, -1, 1], "turned by 180°"),
    (lambda f: read(f, (2, 1)), "the velocity has the wrong sign"),
    (lambda f: read(f, pace=1.0), "the velocity is per step"),
    (lambda f: read(f, (0, 2), pace=0.1), "the mean velocity of two steps"),
    (lambda f: read(f, (0, 2)), "from the first frame to the last, two steps pass"),
    (lambda f: read(f, place=0), "from the oldest frame"),
    (lambda f: read(f, (0, 1)), "for cos, sin and velocity [-0.42, -0.91, 3.0] it reads"),
    (lambda f: read(f)[:2], "the answer has shape (2,), not (3,)"),
]


def stacks(frames, newest, of_s=(-3, -2, -1), of_next=(-2, -1, 0)):
    places = np.stack([newest + k for k in of_s]), np.stack([newest + k for k in of_next])
    return tuple(np.swapaxes(frames[at % len(frames)], 0, 1) for at in places)


def stacks_one_by_one(frames, newest):
    s = [[frames[(i - k) % len(frames)] for k in (3, 2, 1)] for i in newest]
    s_next = [[frames[(i - k) % len(frames)] for k in (2, 1, 0)] for i in newest]
    return np.array(s), np.array(s_next)


STACKS = [
    *EMPTY,
    (stacks, "Right: each s is the three frames"),
    (stacks_one_by_one, "Right: "),
    (lambda f, n: stacks(f, n, (-1, -2, -3)), "s has its newest frame first"),
    (lambda f, n: stacks(f, n, of_next=(0, -1, -2)), "s_next has its newest frame first"),
    (lambda f, n: stacks(f, n, (-2, -1, 0)), "s is one frame late"),
    (lambda f, n: stacks(f, n, of_next=(-3, -2, -1)), "s_next is one frame early"),
    (lambda f, n: stacks(f, n, (-1, -1, -1)), "s holds the places [0, 0, 0], not [8, 9, 0]"),
    (lambda f, n: stacks(f, n)[0], "two arrays"),
    (lambda f, n: stacks(f / 255, n), "s is of float64"),
    (lambda f, n: stacks(f, n, (-2, -1)), "s has shape (5, 2, 2, 4)"),
]


class CountedEyes(nn.Module):
    def __init__(self, shape):
        super().__init__()
        self.conv1 = nn.Conv2d(shape[0], 32, 5, 4)
        self.conv2 = nn.Conv2d(32, 32, 3, 2)
        self.conv3 = nn.Conv2d(32, 32, 3)
        self.width = 32 * 5 * 5

    def forward(self, s):
        x = (s - 127.5) / 255
        for layer in (self.conv1, self.conv2, self.conv3):
            x = F.relu(layer(x))
        return torch.flatten(x, start_dim=1)


def with_parts(**parts):
    """The eyes with other layers."""

    def put(net):
        for name, part in parts.items():
            delattr(net, name)
            setattr(net, name, part)

    return changed(CountedEyes, __init__=put)


def seeing(scale=lambda s: s / 255 - 0.5, bends=(F.relu, F.relu, F.relu), end=torch.flatten):
    """The eyes with another way through their layers."""

    def forward(net, s):
        x = scale(s)
        for bend, layer in zip(bends, (net.conv1, net.conv2, net.conv3), strict=True):
            x = bend(layer(x))
        return end(x, 1)

    return changed(CountedEyes, forward=forward)


def same(x, *_):
    return x


def fixed_eyes(shape):
    return Eyes((3, 64, 64))


EYES = [
    *EMPTY,
    (Eyes, "Right: three layers of 32 filters"),
    (CountedEyes, "Right: "),
    (with_parts(conv3=...), "is still `...`"),
    (with_parts(width=...), "is still `...`"),
    (with_parts(conv2=nn.Linear(3, 3)), "`self.conv2` should be an nn.Conv2d"),
    (with_parts(conv1=nn.Conv2d(3, 32, 8, 4)), "the weights of conv1 have shape (32, 3, 8, 8)"),
    (with_parts(conv2=nn.Conv2d(32, 32, 3)), "conv2 has stride 1 and padding 0, not 2 and 0"),
    (with_parts(conv3=nn.Conv2d(32, 32, 3, padding=1)), "conv3 has stride 1 and padding 1"),
    (with_parts(width=25), "`self.width` is 25"),
    (seeing(end=same), "the answer has shape (5, 32, 5, 5), not (5, 800)"),
    (seeing(same), "divide by 255 first"),
    (seeing(lambda s: s / 255), "subtract 0.5"),
    (seeing(bends=(F.relu, F.relu, same)), "the last ReLU is missing"),
    (seeing(bends=(same, F.relu, F.relu)), "a ReLU is missing"),
    (seeing(bends=(same, same, same)), "there is no ReLU"),
    (seeing(bends=(torch.tanh,) * 3), "the shapes are right, but"),
    (changed(CountedEyes, forward=lambda net, s: None), "still to be written"),
    (fixed_eyes, "it fits three frames only"),
]


def regularized(value=-1.0, price=1e-5, cost=lambda z: z.square().mean(), detach=False):
    def loss(mu, q, s):
        z = mu.preactivation(s)
        paid = cost(z.detach() if detach else z)
        return value * q(s, mu(s)).mean() + price * paid

    return loss


def regularized_with_backward(mu, q, s):
    loss = regularized()(mu, q, s)
    loss.backward(retain_graph=True)
    return loss


def by_atanh(mu, q, s):
    return -q(s, mu(s)).mean() + 1e-5 * torch.atanh(mu(s)).square().mean()


LOSSES = [
    *EMPTY,
    (regularized_actor_loss, "Right: the loss is the usual one plus the price"),
    (regularized(), "Right: "),
    (regularized(price=0), "the price is missing"),
    (regularized(1), "the value has the wrong sign"),
    (regularized(price=-1e-5), "the price has the wrong sign"),
    (regularized(cost=lambda z: z.tanh().square().mean()), "the price is on the action"),
    (regularized(cost=lambda z: z.abs().mean()), "on the size of z"),
    (regularized(cost=lambda z: z.mean().square()), "square each z first"),
    (regularized(cost=lambda z: z.square().sum()), "the squares are summed"),
    (regularized(price=1), "the factor of 1e-5 is missing"),
    (regularized(price=2e-5), "for the check's batch it should be"),
    (regularized(detach=True), "a part of it was detached"),
    (by_atanh, "for the check's batch it should be"),
    (regularized_with_backward, "it calls backward()"),
    (lambda mu, q, s: -q(s, mu(s)) + 1e-5, "take the mean over the batch"),
    (lambda mu, q, s: 0.5, "the loss is a float, not a tensor"),
]


def shift(s, down, right, mode="edge"):
    wide = np.pad(s, ((0, 0), (4, 4), (4, 4)), mode)
    height, width = s.shape[1:]
    return wide[:, 4 - down : 4 - down + height, 4 - right : 4 - right + width]


def shift_by_rows(s, down, right):
    rows = np.clip(np.arange(s.shape[1]) - down, 0, s.shape[1] - 1)
    columns = np.clip(np.arange(s.shape[2]) - right, 0, s.shape[2] - 1)
    return s[:, rows[:, None], columns]


SHIFTS = [
    *EMPTY,
    (shift, "Right: all frames move alike"),
    (shift_by_rows, "Right: "),
    (lambda s, down, right: np.roll(s, (down, right), (1, 2)), "comes in on the other"),
    (lambda s, down, right: shift(s, down, right, "constant"), "what moves in is black"),
    (lambda s, down, right: shift(s, -down, -right), "it moves the other way"),
    (lambda s, down, right: shift(s, right, down), "rows and columns are exchanged"),
    (lambda s, down, right: shift(s, 0, 0), "moved by 2 down and 0 right"),
    (lambda s, down, right: np.pad(s, ((0, 0), (4, 4), (4, 4))), "the answer has shape"),
]
ANSWERS = {
    check_reading: READINGS,
    check_stacks: STACKS,
    check_eyes: EYES,
    check_regularized_loss: LOSSES,
    check_shift: SHIFTS,
}
