"""Answers to the exercise on a driver for the car in the valley."""

import numpy as np

from helpers.checks import check_driver


def along(strength):
    return lambda states: strength * np.where(states[:, 1:] >= 0, 1.0, -1.0)


def dots(states):
    return ...


def in_proportion(states):
    return np.clip(0.4 * states[:, 1:] + 0.02 * np.sign(states[:, 1:]), -1, 1)


def without_a_start(states):
    return 0.3 * states[:, 1:]


def right(states):
    return np.ones((len(states), 1))


def flat(states):
    return along(0.2)(states)[:, 0]


ROWS = [
    (in_proportion, "Right: your driver reaches the flag"),
    (dots, "still to be written"),
    (along(1.0), "earns 89."),
    (along(0.18), "earns 98.8"),
    (without_a_start, "too weak, at least while the car is slow"),
    (along(-1.0), "against the motion"),
    (along(0.1), "too weak"),
    (along(0.0), "too weak"),
    (right, "0 of 100 starts: it pushes to one side"),
    (flat, "(100, 1)"),
    (along(3.0), "not one of size 3"),
]
ANSWERS = [(check_driver, *row) for row in ROWS]
