"""DDPG that learns as it should and is evaluated wrongly: what is reported isn't what it claims."""

import copy

import numpy as np

from helpers.agent import DDPG


class DDPGEvaluatedWithNoise(DDPG):
    """DDPG that is evaluated with the noise of its training still on."""

    loud = None

    def act(self, state: np.ndarray) -> np.ndarray:
        """The policy's action plus noise, in each row its own, and not the training's."""
        action = super().act(state)
        if self.loud is None or self.rows != action.size:
            self.rows = action.size
            self.loud = self.recipe.noise(self.rows, sigma=self.recipe.sigma, seed=0)
        return np.clip(action + self.loud().reshape(action.shape), -1, 1)


class DDPGOfTheBestEpisode(DDPG):
    """DDPG that acts with its actor after the best training episode, luck and noise included.

    Use it with a recipe of `average` 0: an average would go on changing the policy.
    """

    def __init__(self, env, **settings):
        super().__init__(env, **settings)
        self.policy, self.so_far = copy.deepcopy(self.actor), 0.0

    def observe(self, s, a, r, s_next, terminated, truncated) -> None:
        """Store one transition; after an episode whose return beats all before, keep the actor."""
        super().observe(s, a, r, s_next, terminated, truncated)
        self.so_far += r
        if terminated or truncated:
            if self.so_far > self.history["return"][1].max(initial=-np.inf):
                self.policy = copy.deepcopy(self.actor)
            self.so_far = 0.0
