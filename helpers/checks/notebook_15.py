"""Checks of notebook 15: reading frames, stacking them, the eyes, the actor's loss, and a shift."""

from collections.abc import Callable

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn

from helpers.checks.notebook_08 import ONE_NUMBER, filled, gradient_complaint
from helpers.checks.verdicts import check, given, mistake, shape_complaint, tensor_complaint
from helpers.extensions.pixels import ConvActor, ConvCritic, regularized_actor_loss
from helpers.pendulum.frames import draw_rod
from helpers.pendulum.physics import TIME_STEP

PLACES = np.arange(10)  # of a ring of frames, in each of which every pixel is its place
NEWEST = np.array([5, 3, 9, 1, 5])  # the frames before place 1 stand at the ring's end
ENDS = "the newest frame is the last of s_next, and s ends with the one before"
LAYERS = {  # of the eyes: filters, pictures that come in, kernel; stride
    "conv1": ((32, 3, 5, 5), 4),
    "conv2": ((32, 32, 3, 3), 2),
    "conv3": ((32, 32, 3, 3), 1),
}


@check
def check_reading(read: Callable) -> str | None:
    """it reads angle and velocity, on either side, and also where the rod passes the bottom."""
    easy, bottom = np.array([[-2.0, -1.0, 0.5, 1.2, 2.3], [3.0, -5.0, -0.5, 6.0, -2.0]])
    if complaint := reading_complaint(read, *np.stack([easy, bottom])):
        return complaint
    found = readings(read, past := np.array([3.1, -3.1]), np.array([-5.0, 5.0]))
    if np.abs(found[:, 2] - [-5.0, 5.0]).max() > 50:
        return (
            "where the rod passes the bottom its velocity is off by a whole turn in one step: an "
            "angle of 179° is next to −179°."
        )
    return reading_complaint(read, past, np.array([-5.0, 5.0]))


def readings(read: Callable, theta: np.ndarray, velocity: np.ndarray) -> np.ndarray:
    """What is read from three frames of each state, (N, 3); the rod was speeding up."""
    answers = []
    for now, speed in zip(theta, velocity, strict=True):
        before = now - TIME_STEP * speed
        angles = (before - TIME_STEP * 0.8 * speed, before, now)
        answers.append(given(read(np.stack([draw_rod(np.cos(x), np.sin(x)) for x in angles]))))
    return np.array(answers, dtype=float)


def reading_complaint(read: Callable, theta: np.ndarray, velocity: np.ndarray) -> str | None:
    """What is wrong with what is read from frames of these states."""
    found = readings(read, theta, velocity)
    if complaint := shape_complaint(found[0], (3,), "the answer"):
        return complaint
    right = np.stack([np.cos(theta), np.sin(theta), velocity], axis=1)
    if np.allclose(found, right, atol=0.1):
        return None
    first = theta - TIME_STEP * 1.8 * velocity
    usual = [
        (right * [1, -1, -1], "the rod is mirrored: a sine above 0 is to the *left*."),
        (right * [1, -1, 1], "the sine has the wrong sign: above 0 is to the *left*."),
        (right * [-1, 1, -1], "the rod is upside down: rows are counted from the top."),
        (right * [-1, 1, 1], "the cosine has the wrong sign: rows are counted from the top."),
        (right * [-1, -1, 1], "the rod is turned by 180°: look at the signs of both sums."),
        (right * [1, 1, -1], "the velocity has the wrong sign: the newest frame is the *last*."),
        (right * [1, 1, TIME_STEP], "the velocity is per step: divide by the 0.05 s of a step."),
        (right * [1, 1, 0.9], "it's the mean velocity of two steps: take the last two frames."),
        (right * [1, 1, 1.8], "from the first frame to the last, two steps pass."),
        (np.stack([np.cos(first), np.sin(first), velocity], axis=1),
         "it reads the angle from the oldest frame: the newest is the *last*."),
    ]  # fmt: skip
    words = f"for cos, sin and velocity {right[0].round(2).tolist()} it reads "
    return mistake(found, usual, f"{words}{found[0].round(2).tolist()}.", atol=0.1)


@check
def check_stacks(stacks: Callable) -> str | None:
    """each s is the three frames before the newest one, each s_next ends with it."""
    frames = np.broadcast_to(PLACES[:, None, None], (10, 2, 4)).astype(np.uint8)
    pair = given(stacks(frames.copy(), NEWEST.copy()))
    if not isinstance(pair, tuple | list) or len(pair) != 2:
        return "it should give two arrays, s and s_next."
    right = (NEWEST[:, None] + np.arange(-3, 1)) % 10
    for name, states, places in zip(
        ("s", "s_next"), pair, (right[:, :-1], right[:, 1:]), strict=True
    ):
        array = np.asarray(given(states))
        if complaint := shape_complaint(array, (5, 3, 2, 4), name):
            return complaint
        if array.dtype != np.uint8:
            return f"{name} is of {array.dtype}: leave the frames uint8."
        if not np.array_equal(found := array[:, :, 0, 0], places):
            usual = [
                (places[:, ::-1], f"{name} has its newest frame first: it comes *last*."),
                ((places + 1) % 10, f"{name} is one frame late: {ENDS}."),
                ((places - 1) % 10, f"{name} is one frame early: {ENDS}."),
            ]
            words = f"with the newest frame in place 1, {name} holds the places "
            words += f"{found[3].tolist()}, not {places[3].tolist()}."
            return mistake(found, usual, words)
    return None


@check
def check_eyes(eyes: type) -> str | None:
    """three layers of 32 filters each, a bend after each, and 800 features at the end."""
    net = given(eyes((3, 64, 64)))
    if any(part is ... for part in vars(net).values()):
        return "a layer, or the width, is still `...`."
    for name, (weights, stride) in LAYERS.items():
        layer = getattr(net, name, None)
        if not isinstance(layer, nn.Conv2d):
            return f"`self.{name}` should be an nn.Conv2d."
        if (found := tuple(layer.weight.shape)) != weights:
            return f"the weights of {name} have shape {found}, not {weights}."
        if (step := layer.stride) != (stride, stride) or any(map(bool, layer.padding)):
            return (
                f"{name} has stride {step[0]} and padding {layer.padding[0]}, not {stride} and 0."
            )
    s = torch.randint(0, 256, (5, 3, 64, 64)).float()
    if complaint := tensor_complaint(given(net(s)), (5, 800), "the answer"):
        return complaint
    if net.width != 800:
        return f"`self.width` is {net.width}, and there are 800 features."
    if tuple(eyes((1, 64, 64)).conv1.weight.shape) != (32, 1, 5, 5):
        return "it fits three frames only: `shape[0]` says how many there are."
    return seeing_complaint(net, s)


def seeing_complaint(net: nn.Module, s: torch.Tensor) -> str | None:
    """What is wrong with the features for these frames."""
    found = net(s).detach()
    usual = [
        (seen(net, s, lambda s: s), "pixels go from 0 to 255: divide by 255 first."),
        (seen(net, s, lambda s: s / 255), "subtract 0.5, so that pixels lie around 0."),
        (seen(net, s, bends=(0, 1)), "the last ReLU is missing."),
        *((seen(net, s, bends=b), "a ReLU is missing.") for b in ((1, 2), (0, 2), (2,), (1,))),
        (seen(net, s, bends=()), "there is no ReLU after the convolutions."),
    ]
    right = seen(net, s)
    if torch.allclose(found, right, atol=1e-5):
        return None
    return mistake(found, usual, "the shapes are right, but the features aren't.")


def seen(net: nn.Module, s: torch.Tensor, scale=lambda s: s / 255 - 0.5, bends=(0, 1, 2)):
    """The features from a net's own convolutions."""
    x = scale(s)
    for i, layer in enumerate((net.conv1, net.conv2, net.conv3)):
        x = F.relu(layer(x)) if i in bends else layer(x)
    return x.flatten(1).detach()


@check
def check_regularized_loss(loss_of: Callable) -> str | None:
    """the loss is the usual one plus the price, whose slope doesn't pass through the tanh."""
    mu, q = ConvActor((3, 64, 64), 2).double(), ConvCritic((3, 64, 64), 2).double()
    s = torch.randint(0, 256, (6, 3, 64, 64)).double()
    for push in ([3.0, -2.0], [60.0, -60.0]):  # to where the tanh has a slope, and hasn't
        nn.init.normal_(mu.layer3.weight, std=0.1)
        mu.layer3.bias.data = torch.tensor(push).double()
        loss = given(loss_of(mu, q, s))
        if complaint := tensor_complaint(loss, (), "the loss", ONE_NUMBER):
            return complaint
        if filled(mu, q):
            return "it calls backward(), and so would the agent: only return the loss."
        right = regularized_actor_loss(mu, q, s)
        if not torch.allclose(loss, right, atol=1e-9):
            words = f"for the check's batch it should be {right:.4g}, not {loss:.4g}."
            with torch.no_grad():
                usual = wrong_prices(mu.preactivation(s), q(s, mu(s)).mean())
            return mistake(loss.detach(), usual, words, atol=1e-9)
        if complaint := gradient_complaint(loss, right, mu):
            return complaint
    return None


def wrong_prices(z: torch.Tensor, value: torch.Tensor) -> list[tuple[torch.Tensor, str]]:
    """Losses with usual mistakes, for what goes into the tanh and the mean value."""
    price, of_action = 1e-5 * (z**2).mean(), 1e-5 * (torch.tanh(z) ** 2).mean()
    return [
        (-value, "the price is missing."),
        (value + price, "the value has the wrong sign: the actor climbs Q."),
        (-value - price, "the price has the wrong sign: a large z should raise the loss."),
        (-value + of_action, "the price is on the action, behind the tanh: put it on z."),
        (-value + 1e-5 * z.abs().mean(), "the price is on the size of z, not on its square."),
        (-value + 1e-5 * z.mean() ** 2, "square each z first, then take the mean."),
        (-value + 1e-5 * (z**2).sum(), "the squares are summed: take their mean."),
        (-value + 1e5 * price, "the factor of 1e-5 is missing."),
    ]


@check
def check_shift(shift: Callable) -> str | None:
    """all frames move alike, and what moves in repeats the edge."""
    s = np.random.default_rng(0).integers(1, 255, (3, 12, 16)).astype(np.uint8)
    for down, right in ((0, 0), (2, 0), (0, 3), (-1, 4), (4, -3)):
        moved = np.asarray(given(shift(s.copy(), down, right)))
        if complaint := shape_complaint(moved, s.shape, "the answer"):
            return complaint
        y, x = np.arange(12) - down, np.arange(16) - right
        ahead = s[:, y.clip(0, 11)][:, :, x.clip(0, 15)]
        if np.array_equal(moved, ahead):
            continue
        inside = ((y >= 0) & (y < 12))[:, None] & ((x >= 0) & (x < 16))
        back = s[:, (y + 2 * down).clip(0, 11)][:, :, (x + 2 * right).clip(0, 15)]
        swapped = s[:, (np.arange(12) - right).clip(0, 11)]
        usual = [
            (np.roll(s, (down, right), (1, 2)), "what leaves on one side comes in on the other."),
            (ahead * inside, "what moves in is black: repeat the edge, with `mode=\"edge\"`."),
            (back, "it moves the other way: `down` above 0 moves the picture down."),
            (swapped[:, :, (np.arange(16) - down).clip(0, 15)], "rows and columns are exchanged."),
        ]  # fmt: skip
        words = f"moved by {down} down and {right} right, the picture isn't what it should be."
        return mistake(moved, usual, words)
    return None
