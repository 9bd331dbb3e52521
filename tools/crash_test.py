"""Kill training runs at random moments, and see whether the same lines end as if nothing had been.

`python tools/crash_test.py --times 100`: each run is a process of its own, killed with SIGKILL one
to three times, half of the times just while it writes its file. Small networks and short episodes.
"""

import argparse
import multiprocessing
import os
import random
import sys
import tempfile
import time
from contextlib import redirect_stdout
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))  # this file runs from anywhere

import torch
from torch import nn

from helpers.agent import DDPG
from helpers.callbacks import Callback, Evaluate
from helpers.environment import make_env
from helpers.files import beside
from helpers.recipes import Recipe
from helpers.resume import Checkpoint
from helpers.state import capture, digest
from helpers.training import train

RECIPE = Recipe(warmup=32, batch_size=16, memory=100, average=5.0, half_rate_steps=500)
STEPS, EPISODE = 120, 20  # the memory is full after 100, and goes round


class SmallActor(nn.Sequential):
    """An actor with 16 units, which trains fast."""

    def __init__(self, state_dim: int, action_dim: int):
        super().__init__(nn.Linear(state_dim, 16), nn.ReLU(), nn.Linear(16, action_dim), nn.Tanh())


class SmallCritic(nn.Module):
    """A critic with 16 units."""

    def __init__(self, state_dim: int, action_dim: int):
        super().__init__()
        self.layers = nn.Sequential(
            nn.Linear(state_dim + action_dim, 16), nn.ReLU(), nn.Linear(16, 1)
        )

    def forward(self, s: torch.Tensor, a: torch.Tensor) -> torch.Tensor:
        """The value Q(s, a)."""
        return self.layers(torch.cat([s, a], dim=1))


def same_lines(
    path: Path | None = None,
    steps: int = STEPS,
    *others: Callback,
    seed: int = 0,
    recipe: Recipe = RECIPE,
    **pieces,
) -> DDPG:
    """The lines that a learner would run again: a short run with evaluations, saved at `path`."""
    env = make_env("Pendulum-v1", seed=seed, max_episode_steps=EPISODE)
    pieces = {"actor": SmallActor, "critic": SmallCritic} | pieces
    agent = DDPG(env, seed=seed, recipe=recipe, **pieces)
    checkpoint = [Checkpoint(path, every=1, share=1.0)] if path else []
    train(env, agent, steps, [*checkpoint, Evaluate(100, starts=range(10_000, 10_002)), *others])
    return agent


def everything(agent) -> str:
    """A digest of all that an agent, its history and its environment hold."""
    state = capture(agent, leave_out=("recipe", "history"))
    history, generator = agent.history, agent.history.env.unwrapped.np_random
    return digest([state, history.state_dict(), generator.bit_generator.state])


def child(path: Path | None, answer) -> None:
    """What runs in a process of its own: the lines, and a digest of what they end in."""
    torch.set_num_threads(1)
    with open(os.devnull, "w") as nowhere, redirect_stdout(nowhere):
        result = everything(same_lines(path))
    answer.send(result)


def is_writing(path: Path) -> bool:
    """Whether a state is being written; the empty file that tries the place out is none."""
    try:
        return beside(path).stat().st_size > 0
    except FileNotFoundError:
        return False


def run(path: Path | None, kill_after: float | None = None, writing: bool = False) -> str | None:
    """The digest that one process ends in; None where it was killed before.

    It is killed after so many seconds, or with `writing` at the first file begun after that.
    """
    fork = multiprocessing.get_context("fork")  # a fresh start would import PyTorch each time
    receive, send = fork.Pipe(duplex=False)
    process = fork.Process(target=child, args=(path, send))
    process.start()
    with receive, send:
        if kill_after is not None:
            process.join(kill_after)
            while writing and process.is_alive() and not is_writing(path):
                time.sleep(0.0002)
            process.kill()
        process.join()
        return receive.recv() if process.exitcode == 0 else None


def crash(path: Path, expected: str, seconds: float, chance: random.Random) -> tuple[bool, int]:
    """Whether a run that is killed one to three times ends as `expected`, and how often it was."""
    kills = 0
    for _ in range(chance.randint(1, 3)):
        kills += run(path, chance.uniform(0, seconds), writing=chance.random() < 0.5) is None
    return run(path) == expected, kills


def main() -> int:
    """Do it so many times, and say how often it ended the same."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--times", type=int, default=100)
    parser.add_argument("--seed", type=int, default=0, help="of the moments")
    options = parser.parse_args()
    torch.set_num_threads(1)
    same_lines()  # what a first run does besides is done once, and the processes inherit it
    chance, expected = random.Random(options.seed), run(None)
    began = time.perf_counter()
    run(None)
    seconds = time.perf_counter() - began
    same = killed = 0
    for k in range(options.times):
        with tempfile.TemporaryDirectory() as folder:
            identical, kills = crash(Path(folder) / "run.pt", expected, seconds, chance)
        same, killed = same + identical, killed + kills
        if (k + 1) % 10 == 0:
            print(f"{same} of {k + 1} identical", flush=True)
        if not identical:
            print(f"run {k} ended otherwise", flush=True)
    print(f"{same} of {options.times} identical resumes, after {killed} kills")
    return int(same < options.times)


if __name__ == "__main__":
    sys.exit(main())
