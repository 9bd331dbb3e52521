"""Exploration noise: what is added to the actor's action while it learns."""

import numpy as np


class Gaussian:
    """Independent normal noise with standard deviation `sigma`, in units of the action."""

    def __init__(self, action_dim: int, sigma: float = 0.1, seed: int | None = None):
        self.action_dim, self.sigma = action_dim, sigma
        self.rng = np.random.default_rng(seed)

    def __call__(self) -> np.ndarray:
        """The next noise, (action_dim,)."""
        return self.sigma * self.rng.standard_normal(self.action_dim, dtype=np.float32)

    def reset(self) -> None:
        """Nothing to do: each draw is independent of the last."""

    def __repr__(self) -> str:
        return f"Gaussian(sigma={self.sigma})"


class OrnsteinUhlenbeck:
    """Noise with memory: each step pulls it back towards 0 by `theta` and kicks it by `sigma`.

    x <- x - theta x dt + sigma sqrt(dt) N(0, 1).
    Source: Uhlenbeck & Ornstein 1930; Lillicrap et al. 2015, section 7 (theta 0.15, sigma 0.2;
    no dt is stated there, 1 fits the settings).
    """

    def __init__(
        self, action_dim: int, sigma: float = 0.2, theta: float = 0.15, dt: float = 1.0,
        seed: int | None = None,
    ):  # fmt: skip
        self.sigma, self.theta, self.dt = sigma, theta, dt
        self.rng = np.random.default_rng(seed)
        self.x = np.zeros(action_dim, dtype=np.float32)

    def __call__(self) -> np.ndarray:
        """The next noise, (action_dim,)."""
        kick = self.rng.standard_normal(self.x.shape, dtype=np.float32)
        self.x = self.x - self.theta * self.x * self.dt + self.sigma * self.dt**0.5 * kick
        return self.x

    def reset(self) -> None:
        """Forget the past: each episode starts the process anew (Algorithm 1)."""
        self.x = np.zeros_like(self.x)

    def __repr__(self) -> str:
        return f"OrnsteinUhlenbeck(sigma={self.sigma}, theta={self.theta}, dt={self.dt})"
