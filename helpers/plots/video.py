"""Films: an agent in its environment, as a small animated picture."""

from collections.abc import Callable, Sequence
from contextlib import closing
from itertools import count

import gymnasium as gym
import numpy as np
from PIL import Image

from helpers.evaluation.simulators import off_screen, simplify
from helpers.pendulum.controllers import Policy, ask
from helpers.plots.png import moving, publish

WIDTH = 400  # pixels; the height keeps the proportions
FRAMES = 60
LARGEST = 110_000  # bytes


def shoot(env: gym.Env, policy: Policy, seed: int, every: int) -> list[Image.Image]:
    """Pictures of every `every`-th step of the episode `env.reset(seed=seed)`, 60 at most."""
    state, over, frames = env.reset(seed=seed)[0], False, []
    for step in count():
        if step % every == 0 or over:
            frames.append(Image.fromarray(env.render()))
        if over or len(frames) == FRAMES:
            return frames
        action = ask(policy, np.float32(state)[None], env.action_space.shape[0])[0]
        state, _, terminated, truncated, _ = env.step(action)
        over = terminated or truncated


def cut(frames: Sequence[Image.Image], seconds: float) -> bytes:
    """An animated PNG of these frames, `seconds` each, in as many colours as 110 kB allow."""
    width, height = frames[0].size
    size = WIDTH, round(WIDTH * height / width)
    small = [frame.resize(size, Image.Resampling.LANCZOS) for frame in frames]
    for colours in (64, 32, 16, 8, 6, 4):
        png = moving(small, 1000 * seconds, colours, Image.Quantize.MAXCOVERAGE, optimize=True)
        if len(png) <= LARGEST:
            break
    return png


def film(
    make: Callable[..., gym.Env], policy: Policy, seed: int, every: int, alt: str, **options
) -> None:
    """Show an episode of the environment `make(render_mode=...)`, every `every`-th step of it.

    `options` go to `make`, such as the name of one of MuJoCo's cameras. Where this computer can't
    draw without a screen, it prints a sentence that says so.
    """
    off_screen()
    with closing(make(seed=seed, render_mode="rgb_array", **options)) as env:
        if model := getattr(env.unwrapped, "model", None):
            simplify(model)
        try:
            env.render()
        except Exception as problem:  # each renderer has errors of its own
            print(f"This computer cannot draw it off screen ({problem}); all else goes on without.")
            return
        publish(cut(shoot(env, policy, seed, every), every / env.metadata["render_fps"]), alt)
