"""Saving an agent to a file, and loading it again."""

from pathlib import Path

import torch

from helpers import noise as noises
from helpers.files import check_place, read, write
from helpers.identity import describe, settings
from helpers.recipes import Recipe
from helpers.state import restore


def networks(agent) -> list[str]:
    """The names of an agent's networks and optimisers."""
    kinds = torch.nn.Module | torch.optim.Optimizer
    return [name for name, value in vars(agent).items() if isinstance(value, kinds)]


class Saved:
    """What can be saved to a file and loaded from it: the networks, their optimisers, the recipe.

    The replay buffer is not in the file: a loaded agent acts as it did, and starts a new memory.
    """

    def save(self, path: str | Path) -> None:
        """Write this agent's networks, optimisers and recipe to `path`."""
        check_place(Path(path))
        states = {name: getattr(self, name).state_dict() for name in networks(self)}
        content = {"recipe": settings(self), "made": describe(self), "steps": self.steps}
        write(content | {"agent": states}, Path(path))

    @classmethod
    def load(cls, path: str | Path, env, **pieces):
        """The agent saved at `path`, for an environment with the same states and actions.

        `pieces` are those it was made with, where they were not the usual ones. A `Checkpoint`'s
        file serves as well. Loading runs no code from the file.
        """
        content = read(Path(path))
        name = content["recipe"]["noise"]
        noise = pieces.get("noise") or getattr(noises, name, None)
        if noise is None:
            raise ValueError(f"{path} needs your noise {name}: load(..., noise={name}).")
        recipe = Recipe(**content["recipe"] | {"noise": noise})
        agent = cls(env, seed=content["steps"], recipe=recipe, **pieces)
        try:
            restore(agent, {name: content["agent"][name] for name in networks(agent)})
        except (RuntimeError, KeyError, ValueError) as error:
            raise ValueError(
                f"{path} holds an agent of other sizes than this environment needs: "
                "load it with the environment, and the pieces, that it was made with."
            ) from error
        agent.steps = agent.history.step = agent.history.goal = content["steps"]
        return agent
