"""A live picture of seeds that train side by side, in processes of their own."""

import threading
import time
from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np

from helpers.plots.png import SHARP, bundle, encode, publish, sharp
from helpers.plots.style import GREY, INK, gap_axis, new_figure


class LiveSeeds:
    """While its `with` block runs, draws again and again what each seed's `Report` has written.

    `band` holds steps, low, mid and high of recorded gaps, to be drawn behind them.
    """

    alt = "Live plot of several seeds that train side by side"

    def __init__(
        self,
        folder: str | Path,
        seeds: Iterable[int],
        steps: int,
        band: Sequence[np.ndarray] | None = None,
    ):
        self.folder, self.began = Path(folder), time.perf_counter()
        self.figure, ax = new_figure(width=9, height=3.8)
        if band is not None:
            at, low, mid, high = band
            ax.plot(at, mid, color=GREY, ls="--", label="recorded")
            ax.fill_between(at, low, high, color=GREY, alpha=0.2, lw=0)
        self.lines = {seed: ax.plot([], [], "o-", ms=4, label=f"seed {seed}")[0] for seed in seeds}
        ax.set(xlim=(0, steps), ylim=(0.03, 20), xlabel="step", ylabel="gap to the optimum")
        gap_axis(ax)
        ax.legend(loc="center left", bbox_to_anchor=(1, 0.5))
        self.title = ax.set_title("", color=INK, fontweight="normal")
        self.over = threading.Event()

    def __enter__(self) -> "LiveSeeds":
        self.handle = publish(self.draw(), self.alt, again=True)
        self.thread = threading.Thread(target=self.follow, daemon=True)
        self.thread.start()
        return self

    def __exit__(self, *exception) -> None:
        self.over.set()
        self.thread.join()
        self.draw(time.strftime(" · %Y-%m-%d %H:%M"))
        if self.handle is not None:
            self.handle.update(**bundle(sharp(self.figure), self.alt, SHARP))

    def follow(self) -> None:
        """Draw until the block ends; the seeds' processes have the processors to themselves."""
        while not self.over.wait(1.0):
            picture = self.draw()
            if self.handle is not None:
                self.handle.update(**bundle(picture, self.alt))

    def draw(self, words: str = "") -> bytes:
        """The figure as it is now, as a PNG."""
        for seed, line in self.lines.items():
            if (path := self.folder / f"{seed}.npy").exists():
                line.set_data(*np.load(path))
        seconds = time.perf_counter() - self.began
        self.title.set_text(f"Noise-free gap, {len(self.lines)} seeds · {seconds:.0f} s{words}")
        self.figure.canvas.draw()
        return encode(self.figure)
