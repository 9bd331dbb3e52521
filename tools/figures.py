"""Draw the pictures of the documents: `python tools/figures.py`."""

import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))  # this file runs from anywhere

import torch  # noqa: E402

from helpers.agent import DDPG  # noqa: E402
from helpers.environment import make_env  # noqa: E402
from helpers.evaluation.recordings import load  # noqa: E402
from helpers.pendulum import rollout, start_states  # noqa: E402
from helpers.plots.animation import animation  # noqa: E402
from helpers.plots.png import encode  # noqa: E402
from helpers.plots.style import BLUE, GREY, gap_axis, new_figure, plot_band  # noqa: E402
from helpers.training import train  # noqa: E402

SEED, START = 0, 10_064  # the pendulum hangs nearly at rest


def learning_curve(name: str) -> bytes:
    """The gaps of a recording: every seed, and their middle; a PNG."""
    run = load(name)
    steps, gaps = run.steps[1:], run.gaps[:, 1:]
    figure, ax = new_figure(width=9, height=3.6)
    figure.set_dpi(120)
    ax.plot(steps, gaps.T, color=GREY, linewidth=0.6, alpha=0.7)
    ax.plot([], [], color=GREY, linewidth=0.6, label="each seed")
    plot_band(ax, steps, gaps, f"interquartile mean of {len(gaps)} seeds, 95 % band", BLUE)
    gap_axis(ax)
    ax.set(xlim=(0, steps[-1]), xlabel="steps (20 are one second of pendulum)")
    ax.set(ylabel="gap to the optimum", title="DDPG on Pendulum-v1: how far from the best possible")
    ax.xaxis.set_major_formatter("{x:,.0f}")
    ax.legend(loc="upper right")
    figure.canvas.draw()
    return encode(figure)


def moving_picture(*steps: int) -> bytes:
    """One agent after so many steps each, from the same start; an animated PNG."""
    torch.set_num_threads(1)
    env, paths = make_env("Pendulum-v1", seed=SEED), []
    agent = DDPG(env, seed=SEED)
    for total in steps:
        train(env, agent, total)
        paths.append(rollout(agent.act, *start_states([START])))
    labels = ["untrained" if total == 0 else f"after {total:,} steps" for total in steps]
    return animation(tuple(paths), tuple(labels))


if __name__ == "__main__":
    (ROOT / "results" / "modern.png").write_bytes(learning_curve("modern"))
    (ROOT / "results" / "pendulum.png").write_bytes(moving_picture(0, 1_000, 3_000))
