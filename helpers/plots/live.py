"""The live plot: one figure that shows a run while it trains."""

import sys
import time
from collections import deque
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from helpers.callbacks.progress import PrintProgress
from helpers.plots.layout import is_pendulum, layout
from helpers.plots.png import bundle, encode, publish
from helpers.plots.style import house_palette
from helpers.training import Callback

FRAMES = 900  # the most in a run: nbval loses a cell that sends thousands of messages


class LivePlot(Callback):
    """Shows a run in one figure, which is redrawn in place.

    `panels` are names, in one string or several: of panels (see helpers/plots/layout.py; "all" is
    twelve) or of any series of the history. `band` holds steps, low, mid and high of recorded runs,
    to be drawn behind this one: their gaps, as fractions, or, in environments other than
    Pendulum-v1, their noise-free returns. A frame is drawn at most every `every` seconds, and takes
    at most `share` of the run's time, or twice that if it would be a second late otherwise. Outside
    a notebook it prints a line every ten episodes; `save` writes the picture.
    """

    alt = "Live plot of the training run"

    def __init__(
        self,
        panels: Sequence[str] | str | None = None,
        *,
        band: Sequence[np.ndarray] | None = None,
        every: float = 0.4,
        share: float = 0.075,
    ):
        self.names, self.band, self.every, self.share = panels, band, every, share
        self.printer = PrintProgress()

    def start(self, agent, steps: int) -> None:
        """Lay out the figure for this run, and show it."""
        self.agent, self.first, self.steps = agent, agent.steps, max(steps, agent.steps)
        self.frames, self.spent, self.state = 0, 0.0, "running"
        self.palette = house_palette()
        pendulum = is_pendulum(agent.env)
        self.figure, self.panels = layout(self.names, self.steps, pendulum, self.band)
        self.figure.get_layout_engine().set(rect=(0, 0, 1, 1 - 0.3 / self.figure.get_figheight()))
        self.status = self.figure.text(0.012, 0.985, "", va="top", fontsize=10)
        for artist in (self.status, *(a for panel in self.panels for a in panel.artists)):
            artist.set_animated(True)  # drawn in every frame, on top of what stays
        self.began = self.last = time.perf_counter()
        self.clock = deque(maxlen=8)  # when the latest frames were drawn, for the current speed
        self.lay_out()
        self.handle = publish(self.draw(), self.alt, again=True)
        self.began = self.last = time.perf_counter()

    def lay_out(self) -> None:
        """Give every panel its place for the whole run, and keep a picture of the background."""
        canvas = self.figure.canvas
        for panel in self.panels:
            panel.update(self.agent)
        canvas.draw()
        self.figure.set_layout_engine("none")
        self.pixels = np.asarray(canvas.buffer_rgba())  # (height, width, 4), top row first
        self.background, height = self.pixels.copy(), len(self.pixels)
        self.boxes = []
        for panel in self.panels:
            left, bottom, right, top = panel.ax.get_tightbbox().extents.astype(int)
            room = 12  # pixels, for labels that will be longer
            box = np.s_[height - top - 3 : height - bottom + 3, max(left - room, 0) : right + 3]
            self.boxes.append(box)

    def draw(self) -> bytes:
        """The figure as it is now, as a PNG; only what changed is drawn again, to save time."""
        self.pixels[:] = self.background
        for panel, box in zip(self.panels, self.boxes, strict=True):
            if panel.update(self.agent):  # its axes, good for many frames
                self.pixels[box] = 255
                panel.ax.draw(self.figure.canvas.renderer)
                self.background[box] = self.pixels[box]
        self.status.set_text(self.report())
        for panel in self.panels:
            for artist in panel.artists:
                panel.ax.draw_artist(artist)
        self.figure.draw_artist(self.status)
        return encode(self.figure, self.palette)

    def report(self) -> str:
        """How far the run has got, in words."""
        here, seconds = self.agent.steps, time.perf_counter() - self.began
        words = f"step {here:,} of {self.steps:,}   ·   "
        if self.state != "running":
            return f"{self.state} at {words}{seconds:.0f} s"
        if len(self.clock) < 2:
            return words + "starting"
        (then, before), (now, last) = self.clock[0], self.clock[-1]
        speed = (last - before) / (now - then)
        return words + f"{speed:.0f} steps/s   ·   {(self.steps - here) / speed:.0f} s left"

    def due(self, now: float) -> bool:
        """Whether a frame may be drawn: not too often, too expensive or too many in all."""
        elapsed, done = now - self.began, self.agent.steps - self.first
        whole = elapsed * (self.steps - self.first) / max(done, 1)  # seconds the run may take
        if now - self.last < max(self.every, 1.1 * whole / FRAMES) or self.frames >= FRAMES:
            return False
        late = now - self.last > 0.95  # a picture that stands still for a second looks dead
        return self.spent <= (2 if late else 1) * self.share * elapsed

    def step(self, agent) -> None:
        """See where the episode has got to, and draw a frame if one is due."""
        if not self.clock:  # a Checkpoint may have taken the agent further since `start`
            self.first = agent.steps - 1
            self.clock.append((self.began, self.first))
        for panel in self.panels:
            panel.follow(agent)
        if self.handle is None:
            self.printer.step(agent)
        elif self.due(now := time.perf_counter()):
            self.clock.append((now, agent.steps))
            self.handle.update(**bundle(self.draw(), self.alt))
            self.last = time.perf_counter()
            self.spent, self.frames = self.spent + self.last - now, self.frames + 1

    def end(self, agent) -> None:
        """Draw the last frame, which stays in the notebook."""
        failed = isinstance(sys.exception(), Exception)
        self.state = "failed" if failed else "ended" if agent.steps == self.steps else "stopped"
        self.last_png = self.draw()
        if self.handle is not None:
            self.handle.update(**bundle(self.last_png, self.alt))

    def save(self, path: str | Path) -> None:
        """Write the last picture of the run to a PNG file."""
        Path(path).write_bytes(self.last_png)
