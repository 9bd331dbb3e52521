"""Saving an agent to a file, and loading it again."""

import os
from dataclasses import asdict
from pathlib import Path

import torch

from helpers import noise as noises
from helpers.recipes import Recipe

PARTS = (
    "actor", "critic", "target_actor", "target_critic", "policy", "actor_adam", "critic_adam",
)  # fmt: skip


def write(content: dict, path: Path) -> None:
    """Write the file whole or not at all: beside its place first, then moved there in one go."""
    beside = path.with_name(path.name + ".partial")
    with open(beside, "wb") as file:
        torch.save(content, file)
        file.flush()
        os.fsync(file.fileno())
    beside.replace(path)


class Saved:
    """What can be saved to a file and loaded from it: the networks, their optimisers, the recipe.

    The replay buffer is not in the file: a loaded agent acts as it did, and starts a new memory.
    """

    def save(self, path: str | Path) -> None:
        """Write this agent's networks, optimisers and recipe to `path`."""
        recipe = asdict(self.recipe) | {"noise": self.recipe.noise.__name__}
        states = {name: getattr(self, name).state_dict() for name in PARTS}
        write({"recipe": recipe, "steps": self.steps} | states, Path(path))

    @classmethod
    def load(cls, path: str | Path, env, **pieces):
        """The agent saved at `path`, for an environment with the same states and actions.

        `pieces` are those it was made with, where they were not the usual ones. Loading runs no
        code from the file.
        """
        content = torch.load(path, weights_only=True, map_location="cpu")
        name = content["recipe"]["noise"]
        noise = pieces.get("noise") or getattr(noises, name, None)
        if noise is None:
            raise ValueError(f"{path} needs your noise {name}: load(..., noise={name}).")
        recipe = Recipe(**content["recipe"] | {"noise": noise})
        agent = cls(env, seed=content["steps"], recipe=recipe, **pieces)
        try:
            for name in PARTS:
                getattr(agent, name).load_state_dict(content[name])
        except RuntimeError as error:
            raise ValueError(
                f"{path} holds an agent of other sizes than this environment needs: "
                "load it with the environment, and the pieces, that it was made with."
            ) from error
        agent.steps = agent.history.step = content["steps"]
        return agent
