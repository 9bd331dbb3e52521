"""A check of notebook 13: two critics side by side."""

from collections.abc import Sequence

import torch
from torch import nn

from helpers.checks.verdicts import check, first, given, tensor_complaint

ROWS, STATE_DIM, ACTION_DIM = 5, 3, 2
BOTH_SHAPES = {  # wrong ones, and what else to say about them
    (ROWS, 1): ": give both values; the smaller one is for the target to take",
    (ROWS,): ": give both values; the smaller one is for the target to take",
    (2 * ROWS, 1): ": side by side, so torch.cat(…, dim=1)",
    (ROWS, 2, 1): ": torch.cat puts columns side by side, torch.stack adds a dimension",
    (2, ROWS, 1): ": torch.cat puts columns side by side, torch.stack adds a dimension",
    (ROWS, 1, 2): ": torch.cat puts columns side by side, torch.stack adds a dimension",
}


@check
def check_twin_critic(critic: type) -> str | None:
    """both values of each pair stand side by side, from two critics that share no weight."""
    q = critic(STATE_DIM, ACTION_DIM)
    s = torch.randn(ROWS, STATE_DIM, requires_grad=True)
    a = torch.rand(ROWS, ACTION_DIM, requires_grad=True)
    both = given(q(s, a))
    if isinstance(both, tuple | list):
        return "it gives two things: one tensor should hold both columns, torch.cat(…, dim=1)."
    if complaint := tensor_complaint(both, (ROWS, 2), "the answer", BOTH_SHAPES):
        return complaint
    if not isinstance(q, nn.Module):
        return "the class should inherit from nn.Module, and call super().__init__()."
    if torch.equal(both[:, 0], both[:, 1]):
        return "both columns are the same: make two critics, and give each weights of its own."
    if not both.requires_grad:
        return "no gradient flows through it: detach nothing here."
    return (
        weights_complaint(q, both)
        or first(
            f"column {j} doesn't depend on the {name}: ask both critics about both."
            for j in (0, 1)
            for name, tensor in (("states", s), ("actions", a))
            if not slope(both[:, j], [tensor])[0]
        )
        or columns_complaint(q, s, a)
        or parts_complaint(critic)
    )


def columns_complaint(q: nn.Module, s: torch.Tensor, a: torch.Tensor) -> str | None:
    """Whether the columns are what q1 and q2 say, and these start differently."""
    if not all(isinstance(getattr(q, name, None), nn.Module) for name in ("q1", "q2")):
        return "name the two critics self.q1 and self.q2: later cells ask for them."
    both, left, right = q(s, a), q.q1(s, a), q.q2(s, a)
    if torch.allclose(both, torch.cat([right, left], dim=1)):
        return "the columns are swapped: q1 comes first, because the actor climbs the first one."
    for j, values in enumerate((left, right)):
        if not torch.allclose(both[:, j : j + 1], values):
            return f"column {j} isn't what self.q{j + 1} says: pass its values on as they are."
    tables = [[p for p in part.parameters() if p.ndim > 1] for part in (q.q1, q.q2)]
    if any(x.shape == y.shape and torch.equal(x, y) for x, y in zip(*tables, strict=False)):
        return "q2 starts with weights of q1: call `critic` twice, and copy nothing."
    return None


class Plain(nn.Module):
    """Another critic: one layer."""

    def __init__(self, state_dim: int, action_dim: int):
        super().__init__()
        self.layer = nn.Linear(state_dim + action_dim, 1)

    def forward(self, s: torch.Tensor, a: torch.Tensor) -> torch.Tensor:
        """The values, (N, 1)."""
        return self.layer(torch.cat([s, a], dim=1))


def parts_complaint(critic: type) -> str | None:
    """Whether the two are made by the argument `critic`."""
    try:
        q = critic(STATE_DIM, ACTION_DIM, critic=Plain)
    except TypeError as error:
        if "unexpected keyword" not in str(error):
            raise
        return "it should take critic=…, as the skeleton does, and make both critics with it."
    if isinstance(q.q1, Plain) and isinstance(q.q2, Plain):
        return None
    return "given another critic, it still makes its own: call the argument `critic`, twice."


def slope(values: torch.Tensor, of: Sequence[torch.Tensor]) -> list[bool]:
    """Which of these tensors the values depend on."""
    found = torch.autograd.grad(values.sum(), of, allow_unused=True, retain_graph=True)
    return [gradient is not None and bool(gradient.any()) for gradient in found]


def weights_complaint(q: nn.Module, both: torch.Tensor) -> str | None:
    """Whether each column has weights that an optimizer finds, and none for both."""
    weights = [*q.parameters()]
    lost = "keep each critic as self.q1 = …, so that PyTorch knows its weights."
    if not weights:
        return f"an optimizer would find no weights: {lost}"
    left, right = (slope(both[:, j], weights) for j in (0, 1))
    if not any(left) or not any(right):
        return f"an optimizer would find no weights for column {int(any(left))}: {lost}"
    if any(x and y for x, y in zip(left, right, strict=True)):
        return "the two share weights: what one gets wrong, the other then gets wrong with it."
    return None
