"""Draw the README's learning curve from its recording: `python tools/figures.py`."""

import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))  # this file runs from anywhere

from helpers.evaluation.recordings import load  # noqa: E402
from helpers.plots.png import encode  # noqa: E402
from helpers.plots.style import BLUE, GREY, gap_axis, new_figure, plot_band  # noqa: E402


def learning_curve(name: str, last: int) -> bytes:
    """The gap over the first `last` steps of a recording: every seed, and their middle; a PNG."""
    run = load(name)
    upto = (run.steps > 0) & (run.steps <= last)
    steps, gaps = run.steps[upto], run.gaps[:, upto]
    figure, ax = new_figure(width=9, height=3.6)
    figure.set_dpi(120)
    ax.plot(steps, gaps.T, color=GREY, linewidth=0.6, alpha=0.7)
    ax.plot([], [], color=GREY, linewidth=0.6, label="each seed")
    plot_band(ax, steps, gaps, f"interquartile mean of {len(gaps)} seeds, 95 % band", BLUE)
    gap_axis(ax)
    ax.set(xlim=(0, last), xlabel="steps (20 are one second of pendulum)")
    ax.set(ylabel="gap to the optimum", title="DDPG on Pendulum-v1: how far from the best possible")
    ax.xaxis.set_major_formatter("{x:,.0f}")
    ax.legend(loc="upper right")
    figure.canvas.draw()
    return encode(figure)


if __name__ == "__main__":
    (ROOT / "results" / "modern.png").write_bytes(learning_curve("modern", 10_000))
