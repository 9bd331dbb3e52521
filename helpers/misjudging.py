"""DDPG that learns as it should and is judged wrongly: what is reported is not what it claims."""

import copy

import numpy as np

from helpers.agent import DDPG


class DDPGJudgedWithNoise(DDPG):
    """DDPG that is judged with the noise of its training still on."""

    loud = None

    def act(self, state: np.ndarray) -> np.ndarray:
        """The policy's action with noise, of its own in each row, and not of the training's."""
        action = super().act(state)
        if self.loud is None or self.rows != action.size:
            self.rows = action.size
            self.loud = self.recipe.noise(self.rows, sigma=self.recipe.sigma, seed=0)
        return np.clip(action + self.loud().reshape(action.shape), -1, 1)


class DDPGOfTheBestEpisode(DDPG):
    """DDPG that hands out the actor after its best training episode, luck and noise included.

    Use it with a recipe that does not average: an average would go on changing the policy.
    """

    best, so_far = -np.inf, 0.0

    def observe(self, s, a, r, s_next, terminated, truncated) -> None:
        """Remember one transition; after an episode of record return, keep the actor."""
        super().observe(s, a, r, s_next, terminated, truncated)
        self.so_far += float(r)
        if terminated or truncated:
            if self.so_far > self.best:
                self.best, self.policy = self.so_far, copy.deepcopy(self.actor)
            self.so_far = 0.0
