"""Checks of notebook 03: the learner's own critic, and the gradient of Q along the action."""

from collections.abc import Callable, Iterator
from itertools import product

import torch
import torch.nn.functional as F
from torch import nn

from helpers.checks.verdicts import check, given, mistake, tensor_complaint

ROWS, N, STATE_DIM, ACTION_DIM = 5, 50, 3, 2
FIRST, SECOND, LAST = 400, 300, 1  # units of the paper's three layers
TOGETHER = FIRST + ACTION_DIM  # inputs of the second one
VALUE_SHAPES = {(N,): ": keep the column, or (N,) meets (N, 1)"}
BENDS = {  # what may stand after a layer
    "ReLU": F.relu,
    "nothing": lambda x: x,
    "tanh": torch.tanh,
    "sigmoid": torch.sigmoid,
    "ELU": F.elu,
    "leaky ReLU": F.leaky_relu,
    "the absolute value": torch.abs,
    "softplus": F.softplus,
    "GELU": F.gelu,
    "SiLU": F.silu,
}


@check
def check_critic(critic: type) -> str | None:
    """your critic lets the action in at the second layer, and gives one value for each pair."""
    q = critic(STATE_DIM, ACTION_DIM)
    if not isinstance(given(q), nn.Module):
        return "it isn't a network: begin with `class MyCritic(nn.Module)`."
    if any(part is ... for part in vars(q).values()):
        raise NotImplementedError
    s, a = torch.randn(N, STATE_DIM), 2 * torch.rand(N, ACTION_DIM) - 1
    try:
        values = given(q(s, a))
    except RuntimeError as error:
        if "shapes cannot be multiplied" not in str(error):
            raise
        return f"layers don't fit each other, with 3 numbers of state and 2 of action: {error}."
    layers = {(x.in_features, x.out_features): x for x in q.modules() if isinstance(x, nn.Linear)}
    return (
        tensor_complaint(values, (N, 1), f"for {N} pairs the answer", VALUE_SHAPES)
        or layers_complaint([*layers])
        or size_complaint(critic(5, 1))
        or start_complaint(layers)
        or meeting_complaint(q, s, a)
        or learning_complaint(q, s, a)
        or bend_complaint(q, s, a, layers)
    )


def layers_complaint(sizes: list[tuple[int, int]]) -> str | None:
    """Whether there are the paper's layers; sizes are (inputs, outputs) of each."""
    if not sizes:
        return "it has no nn.Linear layer."
    if any(inputs == STATE_DIM + ACTION_DIM for inputs, _ in sizes):
        return "the action goes into the first layer, with the state: let it join at the second."
    if (STATE_DIM, FIRST) not in sizes:
        return (
            f"no layer leads from the state alone to {FIRST} features: nn.Linear(state_dim, 400)."
        )
    if (SECOND, LAST) not in sizes:
        return "the last layer should be nn.Linear(300, 1), and none of yours is."
    joint, apart = {(TOGETHER, SECOND)}, {(FIRST, SECOND), (ACTION_DIM, SECOND)}
    if {*sizes} >= apart or {*sizes} >= joint:
        usual = {(STATE_DIM, FIRST), (SECOND, LAST)} | joint | apart
        more = sorted({*sizes} - usual)
        return f"there is a layer too many, from {more[0][0]} to {more[0][1]}." if more else None
    return (
        "the second layer should take 400 features and the action, and give 300 numbers: either "
        "one nn.Linear(400 + action_dim, 300), or one for each, whose outputs are added."
    )


def size_complaint(q: nn.Module) -> str | None:
    """Whether the layers follow the task's sizes; q is made for 5 numbers of state."""
    if any(tuple(p.shape) == (FIRST, 5) for p in q.parameters()):
        return None
    return f"its first layer takes {STATE_DIM} numbers whatever the task: use state_dim."


def start_complaint(layers: dict[tuple[int, int], nn.Linear]) -> str | None:
    """What is wrong with the initial weights and biases."""
    for (inputs, outputs), layer in layers.items():
        for name, p in layer.named_parameters():
            largest = p.abs().max().item()
            if outputs == LAST:
                bound, words = 3e-3, "the last layer's {} should start in U(±0.003)"
            elif inputs == STATE_DIM:
                bound, words = STATE_DIM**-0.5, "the first layer's {} should start within ±1/√3"
            else:
                bound = TOGETHER**-0.5
                of = "action's own" if inputs == ACTION_DIM else "second layer's"
                words = f"the {of} {{}} should start within ±1/√402 = 0.050 (400 + 2 inputs)"
            if largest > 1.01 * bound:
                return f"{words.format(name)}, but reaches {largest:.4f}."
            if name == "weight" and (largest < 0.8 * bound or p.min() >= 0 or p.max() <= 0):
                fan_out = 0.97 < largest * outputs**0.5 < 1.01
                found = (
                    "goes to ±1/√fan-out" if fan_out else f"lies in {p.min():.4f} … {p.max():.4f}"
                )
                return f"{words.format(name)}, drawn evenly, but {found}."
    return None


@torch.no_grad()
def meeting_complaint(q: nn.Module, s: torch.Tensor, a: torch.Tensor) -> str | None:
    """Whether a value depends on state, action, their combination, and on nothing else."""
    values, no_s, no_a = q(s, a), torch.zeros_like(s), torch.zeros_like(a)
    if not torch.allclose(values, q(s, a), atol=1e-7):
        return "the same states and actions get other values in a second call: no dropout here."
    if not torch.allclose(values[:ROWS], q(s[:ROWS], a[:ROWS]), atol=1e-7):
        return "a row's value changes with the other rows: each row is a pair of its own."
    if torch.allclose(values, q(s, no_a), atol=1e-9):
        return "the action changes nothing: it has to go into a layer."
    if torch.allclose(values, q(no_s, a), atol=1e-9):
        return "the state changes nothing: it has to go into a layer."
    together = values - q(s, no_a) - q(no_s, a) + q(no_s, no_a)
    if together.abs().max() < 1e-3 * values.std():
        return (
            "the best action is the same in every state: is the ReLU after the second layer "
            "missing, or does the action join behind it?"
        )
    return None


def learning_complaint(q: nn.Module, s: torch.Tensor, a: torch.Tensor) -> str | None:
    """Whether the critic could learn, and the actor from it."""
    a = a.clone().requires_grad_()
    values = q(s, a)
    if not values.requires_grad:
        return "no gradient flows through it: don't detach, and use only torch's functions."
    numbers = dict(q.named_parameters())
    found = torch.autograd.grad(values.sum(), [a, *numbers.values()], allow_unused=True)
    if found[0] is None or not found[0].any():
        return "no gradient reaches the action, and the actor lives on that: don't detach it."
    for name, gradient in zip(numbers, found[1:], strict=True):
        if gradient is None or not gradient.any():
            return f"no gradient reaches {name}: is it used in forward, and not detached?"
    return None


def critics_of(layers: dict, s, a) -> Iterator[tuple[str, str, str, torch.Tensor]]:
    """What these layers give with each choice of what stands after them, (2 N, 1).

    The second half is for the last layer's numbers with the opposite sign.
    """
    last, joint = layers[SECOND, LAST], layers.get((TOGETHER, SECOND))
    for after_last, after_second, after_first in product(["nothing", *BENDS], BENDS, BENDS):
        x = BENDS[after_first](layers[STATE_DIM, FIRST](s))
        if joint is None:
            sums = [layers[FIRST, SECOND](x) + layers[ACTION_DIM, SECOND](a)]
        else:
            sums = [joint(torch.cat(pair, dim=1)) for pair in ([x, a], [a, x])]
        for total in sums:
            y = last(BENDS[after_second](total))
            yield after_first, after_second, after_last, BENDS[after_last](torch.cat([y, -y]))


@torch.no_grad()
def bend_complaint(q: nn.Module, s, a, layers: dict) -> str | None:
    """Whether ReLU follows the first two layers, and nothing the last."""
    s, a, found = s[:ROWS], a[:ROWS], []
    for factor in (-1e3, -1):  # what squashes large values, or those of one sign, shows only now
        for p in layers[SECOND, LAST].parameters():
            p *= factor
        found.append(q(s, a))
    values = torch.cat(found[::-1])
    for first, second, last, others in critics_of(layers, s, a):
        if torch.allclose(values, others, rtol=1e-3, atol=1e-3):
            if last != "nothing":
                return f"after the last layer stands {last}: a value may be −300, or any number."
            wrong = [(n, what) for n, what in ((1, first), (2, second)) if what != "ReLU"]
            return f"after layer {wrong[0][0]} stands {wrong[0][1]}, not ReLU." if wrong else None
    return (
        "its values aren't those of its layers in the usual order: ReLU of the first, with the "
        "action into the second, ReLU of that, and then the last one."
    )


HINTS = {  # words of PyTorch's errors, and what a learner can do
    "only for scalar": "a gradient belongs to one number: make one of all the values first.",
    "does not require grad": (
        "nothing there can be asked for its gradient: make a tensor of your own, a.clone(), call "
        "requires_grad_() on it before you ask the critic, and don't detach what it answers."
    ),
    "to not have been used": "the tensor that you ask about isn't the one you gave to the critic.",
    "converted to Scalar": "an action may have several numbers, so its gradient isn't one number.",
}
GRADIENT_SHAPES = {  # wrong ones, and what else to say about them
    (ROWS, STATE_DIM): ": that is the gradient along the state, so ask for that along a",
    (ROWS,): ": keep the gradients in the shape of a, one row for each state",
}


class Hill(nn.Module):
    """A critic whose gradient is known: Q = -|w (a - b s)|^2 has its top at a = b s."""

    def __init__(self):
        super().__init__()
        self.b, self.w = nn.Parameter(torch.tensor(0.5)), nn.Parameter(torch.tensor([1.0, 2.0]))

    def forward(self, s: torch.Tensor, a: torch.Tensor) -> torch.Tensor:
        """The value, (N, 1), of states (N, 3) and actions (N, 2)."""
        return -(self.w * (a - self.b * s[:, :2])).square().sum(dim=1, keepdim=True)

    def gradient(self, s: torch.Tensor, a: torch.Tensor) -> torch.Tensor:
        """The gradient of the value with respect to each action, (N, 2)."""
        return (-2 * self.w.square() * (a - self.b * s[:, :2])).detach()


@check
def check_q_gradient(q_gradient: Callable) -> str | None:
    """your function gives the gradient of Q along the action, row by row."""
    critic, s, a = Hill(), torch.randn(ROWS, STATE_DIM), 2 * torch.rand(ROWS, ACTION_DIM) - 1
    right, unchanged = critic.gradient(s, a), a.clone()
    try:
        gradient = given(q_gradient(critic, s, a))
        again = q_gradient(critic, s, a)
    except (RuntimeError, TypeError) as error:
        hints = [hint for words, hint in HINTS.items() if words in str(error)]
        if not hints:
            raise
        return hints[0]
    if complaint := tensor_complaint(gradient, (ROWS, 2), "the answer", GRADIENT_SHAPES):
        return complaint
    if not torch.allclose(gradient.detach(), right, atol=1e-5):
        only_first = torch.zeros_like(right)
        only_first[0] = right[0]
        usual = [
            (right / ROWS, "all gradients are 5 times too small, for 5 rows: sum, don't average."),
            (
                -right,
                "the sign is wrong: uphill is where Q grows; the minus of a loss comes later.",
            ),
            (0 * right, "all gradients are 0: the critic must get the actions themselves, not 0."),
            (only_first, "only the first row has its gradient: sum the values of all rows first."),
            (right.sign(), "these are the signs only: give the gradients as they are."),
        ]
        words = "the gradients differ from what a small step to both sides gives."
        return mistake(gradient.detach(), usual, words)
    if not torch.allclose(again.detach(), right, atol=1e-5):
        return "a second call gives something else: backward() adds to a.grad, so clone a first."
    if any(parameter.grad is not None for parameter in critic.parameters()):
        return "backward() has filled the critic's own gradients too: use torch.autograd.grad."
    if not all(parameter.requires_grad for parameter in critic.parameters()):
        return "the critic is left frozen: requires_grad_(False) would keep it from learning."
    if a.requires_grad or not torch.equal(a, unchanged):
        return "the gradients are right, but the actions you were given were changed: clone them."
    return None
