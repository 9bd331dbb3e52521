"""Draw the README's picture from its recording: `python tools/figures.py`."""

import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))  # this file runs from anywhere

from matplotlib.ticker import FuncFormatter  # noqa: E402

from helpers.pictures import encode  # noqa: E402
from helpers.plotting import BLUE, GREY, new_figure, plot_band  # noqa: E402
from helpers.recorded import load  # noqa: E402


def learning_curve(name: str, last: int) -> bytes:
    """The gap over the first `last` steps of a recording: every seed, and their middle; a PNG."""
    run = load(name)
    upto = (run.steps > 0) & (run.steps <= last)
    steps, gaps = run.steps[upto], 100 * run.gaps[:, upto]
    figure, ax = new_figure(width=9, height=3.6)
    figure.set_dpi(120)
    for row in gaps:
        ax.plot(steps, row, color=GREY, linewidth=0.6, alpha=0.7)
    plot_band(ax, steps, gaps, f"interquartile mean of {len(gaps)} seeds, 95 % band", BLUE)
    ax.plot([], [], color=GREY, linewidth=0.6, label="each seed")
    ax.axhline(10, color=GREY, linestyle="--", linewidth=1)
    ax.annotate("solved: 10 %", (last, 10), (0, 4), textcoords="offset points", ha="right")
    ax.set(yscale="log", xlim=(0, last), xlabel="steps (20 are one second of pendulum)")
    ax.set(ylabel="gap to the optimum", title="DDPG on Pendulum-v1: how far from the best possible")
    ax.yaxis.set_major_formatter(FuncFormatter(lambda y, _: f"{y:,.0f} %"))
    ax.xaxis.set_major_formatter(FuncFormatter(lambda x, _: f"{x:,.0f}"))
    ax.legend(loc="upper right")
    figure.canvas.draw()
    return encode(figure)


if __name__ == "__main__":
    (ROOT / "results" / "modern.png").write_bytes(learning_curve("modern", 10_000))
