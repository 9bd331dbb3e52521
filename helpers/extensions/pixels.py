"""DDPG from pixels: a buffer that stores each frame once, and networks with eyes.

Use them as `DDPG(pixel_pendulum(seed=0), seed=0, actor=ConvActor, critic=ConvCritic,
actor_loss=regularized_actor_loss, buffer=FrameReplay, recipe=from_pixels)`.
Source: Lillicrap et al. 2015, sections 3 and 7.
"""

from dataclasses import replace

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn

from helpers.buffer import Batch
from helpers.recipes import modern

# The actor's longest steps are a tenth of `modern`'s.
from_pixels = replace(
    modern, actor_lr=1e-3, actor_adam_eps=4e-5, batch_size=32, buffer_size=100_000
)


class FrameReplay:
    """A replay buffer that stores each frame once, and stacks frames when a batch is drawn.

    A state is (frames, height, width) of uint8, its newest frame last. `capacity` is in frames: a
    transition takes one, and each episode `frames` more. Raises ValueError for other states.
    """

    def __init__(
        self,
        capacity: int,
        state_dim: tuple[int, int, int],
        action_dim: int,
        seed: int | None = None,
        device: str = "cpu",
    ):
        check_frames(state_dim, capacity)
        self.stack, *size = state_dim
        self.frames = np.zeros((capacity, *size), np.uint8)
        self.rows = np.zeros((capacity, action_dim + 2), np.float32)  # what led there: a | r | end
        self.whole = np.zeros(capacity, bool)  # whether a transition ends there, all frames present
        self.added = 0  # frames ever added
        self.rng, self.device = np.random.default_rng(seed), device

    def __len__(self) -> int:
        """The number of transitions held now."""
        return int(self.whole.sum())

    def add(self, s, a, r: float, s_next, terminated: bool) -> None:
        """Write the newest frame of one transition, or all of them where an episode begins."""
        check_next(s, s_next)
        newest = (self.added + np.arange(-self.stack, 0)) % len(self.frames)
        if not np.array_equal(s, self.frames[newest]):
            for frame in s:
                self.write(frame, row=0.0, whole=False)
        self.write(s_next[-1], row=(*a, r, terminated), whole=True)

    def write(self, frame: np.ndarray, row, whole: bool) -> None:
        """Write one frame over the oldest one, which cuts off those that come after it."""
        place = self.added % len(self.frames)
        self.frames[place], self.rows[place], self.whole[place] = frame, row, whole
        self.whole[(place + np.arange(1, self.stack + 1)) % len(self.frames)] = False
        self.added += 1

    def sample(self, n: int) -> Batch:
        """Draw n transitions uniformly, with replacement."""
        held = np.flatnonzero(self.whole)
        newest = held[self.rng.integers(len(held), size=n)]
        frames = self.frames[(newest[:, None] + np.arange(-self.stack, 1)) % len(self.frames)]
        a, r, end = np.split(self.rows[newest], [-2, -1], axis=1)
        batch = (frames[:, :-1], a, r, frames[:, 1:], end)
        return Batch(*(torch.from_numpy(x).to(self.device, torch.float32) for x in batch))

    def state_dict(self) -> dict:
        """The filled part of the ring, the count, and the state of the random generator."""
        names, filled = ("frames", "rows", "whole"), min(self.added, len(self.frames))
        arrays = {name: torch.from_numpy(getattr(self, name)[:filled]) for name in names}
        return arrays | {"added": self.added, "rng": self.rng.bit_generator.state}

    def load_state_dict(self, state: dict) -> None:
        """Go on from `state`, of a buffer of the same sizes."""
        for name in ("frames", "rows", "whole"):
            getattr(self, name)[:] = 0
            getattr(self, name)[: len(state[name])] = state[name].numpy()
        self.added, self.rng.bit_generator.state = state["added"], state["rng"]


class ShiftedReplay(FrameReplay):
    """The same, with each drawn state moved by up to four pixels, at random.

    All frames of a state are moved alike; what moves in from beyond the edge repeats it.
    Source: Kostrikov et al. 2021 (random shifts).
    """

    shift = 4

    def sample(self, n: int) -> Batch:
        """Draw n transitions uniformly, with replacement; move s and s_next independently."""
        batch = super().sample(n)
        return batch._replace(s=self.moved(batch.s), s_next=self.moved(batch.s_next))

    def moved(self, states: torch.Tensor) -> torch.Tensor:
        """Each state (N, frames, height, width), moved."""
        k, (height, width) = self.shift, states.shape[-2:]
        wide = F.pad(states, (k, k, k, k), mode="replicate")
        corners = self.rng.integers(2 * k + 1, size=(len(states), 2))
        each = zip(wide, corners, strict=True)
        return torch.stack([s[:, y : y + height, x : x + width] for s, (y, x) in each])


class Eyes(nn.Module):
    """Three convolutions: frames (N, frames, height, width), from 0 to 255 -> features (N, width).

    With 64 × 64 pixels the pictures shrink to 15, 7 and 5 pixels either way, and the width is 800.
    """

    def __init__(self, shape: tuple[int, int, int]):
        super().__init__()
        self.conv1 = nn.Conv2d(shape[0], 32, kernel_size=5, stride=4)
        self.conv2 = nn.Conv2d(32, 32, kernel_size=3, stride=2)
        self.conv3 = nn.Conv2d(32, 32, kernel_size=3)
        self.width = self(torch.zeros(1, *shape)).shape[1]

    def forward(self, s: torch.Tensor) -> torch.Tensor:
        """What the filters find in each state."""
        x = F.relu(self.conv1(s / 255 - 0.5))
        x = F.relu(self.conv2(x))
        return F.relu(self.conv3(x)).flatten(1)


class ConvActor(nn.Module):
    """The policy mu(s) from frames: s (N, frames, height, width) -> a (N, action_dim) in [-1, 1].

    Source: Lillicrap et al. 2015, section 7 (32 filters in each of three layers, then 200 and 200
    units, and a last layer within ±3e-4).
    """

    def __init__(self, state_dim: tuple[int, int, int], action_dim: int):
        super().__init__()
        self.eyes = Eyes(state_dim)
        self.layer1 = nn.Linear(self.eyes.width, 200)
        self.layer2 = nn.Linear(200, 200)
        self.layer3 = nn.Linear(200, action_dim)
        for parameter in self.layer3.parameters():
            nn.init.uniform_(parameter, -3e-4, 3e-4)

    def preactivation(self, s: torch.Tensor) -> torch.Tensor:
        """What goes into the tanh for each state, (N, action_dim)."""
        x = F.relu(self.layer1(self.eyes(s)))
        x = F.relu(self.layer2(x))
        return self.layer3(x)

    def forward(self, s: torch.Tensor) -> torch.Tensor:
        """The action mu(s) for each state."""
        return torch.tanh(self.preactivation(s))


class ConvCritic(nn.Module):
    """The value Q(s, a) from frames: s (N, frames, height, width), a (N, action_dim) -> q (N, 1).

    Source: Lillicrap et al. 2015, section 7 (as above; the action joins after the convolutions).
    """

    def __init__(self, state_dim: tuple[int, int, int], action_dim: int):
        super().__init__()
        self.eyes = Eyes(state_dim)
        self.layer1 = nn.Linear(self.eyes.width, 200)
        self.layer2 = nn.Linear(200, 200)
        self.action = nn.Linear(action_dim, 200, bias=False)  # the action joins at the second layer
        self.layer3 = nn.Linear(200, 1)
        bound = (200 + action_dim) ** -0.5  # the second layer's fan-in is state and action together
        for parameter in (*self.layer2.parameters(), self.action.weight):
            nn.init.uniform_(parameter, -bound, bound)
        for parameter in self.layer3.parameters():
            nn.init.uniform_(parameter, -3e-4, 3e-4)

    def forward(self, s: torch.Tensor, a: torch.Tensor) -> torch.Tensor:
        """The value Q(s, a) for each pair of state and action."""
        x = F.relu(self.layer1(self.eyes(s)))
        x = F.relu(self.layer2(x) + self.action(a))
        return self.layer3(x)


def regularized_actor_loss(mu: ConvActor, q: nn.Module, s: torch.Tensor) -> torch.Tensor:
    """Minus the mean value of mu(s), plus a small price on what goes into the tanh: a scalar.

    Its slope doesn't pass through the tanh, so it can pull a saturated actor back.
    Source: Fujimoto et al. 2025 (MR.Q), which has the same factor of 1e-5.
    """
    z = mu.preactivation(s)
    return -q(s, torch.tanh(z)).mean() + 1e-5 * (z**2).mean()


def check_frames(state_dim, capacity: int) -> None:
    """Raise a ValueError unless states are stacks of frames and some of them fit in."""
    if np.ndim(state_dim) == 0 or len(state_dim) != 3:
        raise ValueError(
            "FrameReplay needs states of shape (frames, height, width), but these have "
            f"{state_dim}: wrap the environment with gymnasium's FrameStackObservation."
        )
    if capacity <= state_dim[0]:
        raise ValueError(
            f"FrameReplay holds {capacity} frames, and a state alone has {state_dim[0]}: "
            "enlarge the recipe's buffer_size."
        )


def check_next(s: np.ndarray, s_next: np.ndarray) -> None:
    """Raise a ValueError unless `s_next` is `s` moved on by one frame of bytes."""
    if s_next.dtype != np.uint8:  # fractions would be stored as 0
        raise ValueError(
            f"FrameReplay stores frames of uint8, from 0 to 255, but these are {s_next.dtype}: "
            "convert them first, in a gymnasium.ObservationWrapper."
        )
    if not np.array_equal(s[1:], s_next[:-1]):
        raise ValueError(
            "FrameReplay needs a next state that is the state without its oldest frame, followed "
            "by a new one: stack the frames with gymnasium's FrameStackObservation."
        )
