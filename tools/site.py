"""Write what the pendulum on the site needs: `python tools/site.py` (about three minutes).

`actors` trains one agent, seed 1000 of the recording `modern`, and stores its actor at a dozen
steps (site/pendulum/actors.bin, and actors.json about them); `optimum` stores the best torques
(optimum.bin). Without a name, it does both.
"""

import argparse
import json
import os
import sys
from collections.abc import Mapping
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))  # this file runs from anywhere
if __name__ == "__main__":
    os.environ["OMP_NUM_THREADS"] = "1"  # as the recordings: the same sums, in the same order

import numpy as np  # noqa: E402
import torch  # noqa: E402
from torch import nn  # noqa: E402

from helpers.agent import DDPG  # noqa: E402
from helpers.evaluation.returns import EVALUATION_STARTS, evaluate  # noqa: E402
from helpers.networks import Actor  # noqa: E402
from helpers.pendulum.controllers import Policy  # noqa: E402
from helpers.pendulum.optimum import load_optimum  # noqa: E402
from helpers.training import Callback, train  # noqa: E402
from tools.experiments import EXPERIMENTS, FIRST_SEED  # noqa: E402

FOLDER = ROOT / "site" / "pendulum"
# most of them where the policy changes most; until step 500 it doesn't change at all
STEPS = (0, 600, 800, 1_000, 1_100, 1_200, 1_300, 1_500, 2_000, 3_000, 6_000, 20_000)
COARSER = 2  # every second angle and velocity of the table
UNIT = 0.05  # N m: all torques in the table are multiples of it
Weights = dict[str, np.ndarray]


class Snapshots(Callback):
    """Keeps the weights of the policy at some steps."""

    def __init__(self, steps: tuple[int, ...]):
        self.steps, self.kept = steps, {}

    def step(self, agent) -> None:
        """Keep them, where it is due."""
        if agent.steps in self.steps:
            self.kept[agent.steps] = weights(agent.policy)


def weights(network: nn.Module) -> Weights:
    """A copy of a network's parameters, float32."""
    return {name: p.detach().numpy().copy() for name, p in network.named_parameters()}


def policy(parameters: Weights) -> Policy:
    """The policy of an actor with these weights: states (N, 3) to actions (N, 1)."""
    actor = Actor(3, 1)
    actor.load_state_dict({name: torch.from_numpy(w) for name, w in parameters.items()})
    return lambda states: actor(torch.as_tensor(states, dtype=torch.float32)).detach().numpy()


def trained(steps: tuple[int, ...] = STEPS) -> dict[int, Weights]:
    """The policy's weights at these steps of the first run of the recording `modern`."""
    torch.set_num_threads(1)
    experiment = EXPERIMENTS["modern"]
    env = experiment.make(FIRST_SEED)
    agent = DDPG(env, seed=FIRST_SEED, recipe=experiment.recipe)
    snapshots = Snapshots(steps)
    snapshots.step(agent)
    train(env, agent, max(steps), [snapshots])
    return snapshots.kept


def pack(w: Weights) -> bytes:
    """An actor as the page reads it: float32, but whole numbers from -127 to 127 in layer 2.

    These lie in the order of the units that they come from, and each unit that they lead to has a
    scale for its own.
    """
    scale = np.abs(w["layer2.weight"]).max(axis=1) / np.float32(127)
    whole = np.round(w["layer2.weight"] / scale[:, None])
    floats = [w["layer1.weight"], w["layer1.bias"], scale, w["layer2.bias"]]
    floats += [w["layer3.weight"], w["layer3.bias"]]
    packed = np.concatenate([part.ravel() for part in floats]).astype("<f4").tobytes()
    return packed + whole.T.astype(np.int8).tobytes()


def unpack(packed: bytes) -> Weights:
    """The weights that `pack` has stored."""
    like = weights(Actor(3, 1))
    names = ["layer1.weight", "layer1.bias", "scale", "layer2.bias", "layer3.weight", "layer3.bias"]
    shapes = [like["layer2.bias" if name == "scale" else name].shape for name in names]
    ends = np.cumsum([np.prod(shape) for shape in shapes])
    parts = np.split(np.frombuffer(packed, "<f4", ends[-1]).copy(), ends[:-1])
    w = {n: part.reshape(shape) for n, part, shape in zip(names, parts, shapes, strict=True)}
    units = like["layer2.weight"].T.shape
    whole = np.frombuffer(packed, np.int8, offset=4 * ends[-1]).reshape(units).T
    return w | {"layer2.weight": whole * w.pop("scale")[:, None]}


def stored(folder: Path = FOLDER) -> dict[int, Weights]:
    """The actors in the folder's files, by step."""
    steps = json.loads((folder / "actors.json").read_text(encoding="utf-8"))["steps"]
    content = (folder / "actors.bin").read_bytes()
    size = len(content) // len(steps)
    return {step: unpack(content[i * size :][:size]) for i, step in enumerate(steps)}


def write_actors(kept: Mapping[int, Weights], folder: Path = FOLDER) -> None:
    """Write the actors, and their mean returns as stored, beside the best possible one."""
    packed = [pack(w) for w in kept.values()]
    returns = [float(evaluate(policy(unpack(actor))).mean()) for actor in packed]
    best = float(load_optimum().optimal_returns(EVALUATION_STARTS).mean())
    about = {"steps": [*kept], "returns": [round(mean, 1) for mean in returns]}
    about |= {"best": round(best, 1), "starts": len(EVALUATION_STARTS)}
    (folder / "actors.bin").write_bytes(b"".join(packed))
    (folder / "actors.json").write_text(json.dumps(about) + "\n", encoding="utf-8")


def write_optimum(folder: Path = FOLDER) -> None:
    """Write the table of the best torques, a row for each angle."""
    torques = load_optimum().torque[::COARSER, ::COARSER] / UNIT
    (folder / "optimum.bin").write_bytes(np.round(torques).astype(np.int8).tobytes())


def main() -> None:
    """Do what the command line asks for."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("name", nargs="?", choices=["actors", "optimum"])
    name = parser.parse_args().name
    if name != "optimum":
        write_actors(trained())
    if name != "actors":
        write_optimum()


if __name__ == "__main__":
    main()
