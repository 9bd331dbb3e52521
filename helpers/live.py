"""The live plot: one figure that shows a run while it trains."""

import time
from collections import deque
from collections.abc import Sequence
from functools import partial
from pathlib import Path

import numpy as np

from helpers.callbacks import Callback, PrintProgress
from helpers.layout import layout
from helpers.pictures import bundle, encode, publish
from helpers.plotting import house_palette

FRAMES = 900  # in a run at most: nbval loses a cell that sends thousands of messages


class LivePlot(Callback):
    """Shows a run in one figure that stays in its place, for `share` of the run's time.

    For up to twice as much only where a frame would otherwise be a second late.
    `panels` are names, in one string or several: of panels (see helpers/layout.py; "all" are
    twelve) or of any series of the history. `slice_at` is the state, angle and velocity, in which
    the critic is shown. `band` holds steps, low, mid and high of recorded runs, to be drawn behind
    this one: of their gaps, as fractions, and where the task is not Pendulum, of their noise-free
    returns. Where there is no notebook, it prints a line now and then; `save` writes the picture.
    """

    alt = "Live plot of the training run"

    def __init__(
        self,
        panels: Sequence[str] | str | None = None,
        *,
        env_id: str = "Pendulum-v1",
        band: Sequence[np.ndarray] | None = None,
        slice_at: tuple[float, float] = (0.3, -1.0),
        every: float = 0.4,
        share: float = 0.075,
        print_every: int = 10,
    ):
        self.layout = partial(layout, panels, env_id=env_id, band=band, slice_at=slice_at)
        self.every, self.share, self.printer = every, share, PrintProgress(print_every)

    def start(self, agent, steps: int) -> None:
        """Lay the figure out for this run and show it."""
        self.began, self.first, self.steps = time.perf_counter(), agent.history.step, steps
        self.agent, self.frames, self.spent, self.state = agent, 0, 0.0, "running"
        self.palette = house_palette()
        self.clock = deque([(self.began, self.first)], maxlen=8)  # for the speed of late
        self.figure, self.panels = self.layout(self.first + steps)
        self.figure.get_layout_engine().set(rect=(0, 0, 1, 1 - 0.3 / self.figure.get_figheight()))
        self.status = self.figure.text(0.012, 0.985, "", va="top", fontsize=10)
        for artist in (self.status, *(a for panel in self.panels for a in panel.artists)):
            artist.set_animated(True)  # drawn in every frame, on top of all that stays
        self.lay_out()
        self.handle = publish(self.draw(), self.alt, again=True)
        self.began = self.last = time.perf_counter()

    def lay_out(self) -> None:
        """Give every panel its place for the whole run, and keep a picture of what stays."""
        canvas = self.figure.canvas
        for panel in self.panels:
            panel.update(self.agent.history, self.agent)
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
        """The figure as it is now, as a PNG; drawn anew is only what changed, to save time."""
        self.pixels[:] = self.background
        for panel, box in zip(self.panels, self.boxes, strict=True):
            if panel.update(self.agent.history, self.agent):  # its axes, good for many frames
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
        done, seconds = self.agent.history.step - self.first, time.perf_counter() - self.began
        words = f"step {self.first + done:,} of {self.first + self.steps:,}   ·   "
        if self.state != "running":
            return f"{self.state} at {words}{seconds:.0f} s"
        (then, before), (now, here) = self.clock[0], self.clock[-1]
        if here == before:
            return words + "starting"
        speed = (here - before) / (now - then)
        return words + f"{speed:.0f} steps/s   ·   {(self.steps - done) / speed:.0f} s left"

    def due(self, now: float) -> bool:
        """Whether a frame may be drawn: not too often, too dear or too many in all."""
        elapsed, done = now - self.began, self.agent.history.step - self.first
        whole = elapsed * self.steps / max(done, 1)  # seconds that the run may take
        if now - self.last < max(self.every, 1.1 * whole / FRAMES) or self.frames >= FRAMES:
            return False
        late = now - self.last > 0.95  # a picture that rests for a second looks dead
        return self.spent <= (2 if late else 1) * self.share * elapsed

    def step(self, agent) -> None:
        """See where the episode has got to, and draw a frame where one is due."""
        for panel in self.panels:
            panel.follow(agent.history.state)
        if self.handle is None:
            self.printer.step(agent)
        elif self.due(now := time.perf_counter()):
            self.clock.append((now, agent.history.step))
            self.handle.update(**bundle(self.draw(), self.alt))
            self.last = time.perf_counter()
            self.spent, self.frames = self.spent + self.last - now, self.frames + 1

    def end(self, agent) -> None:
        """Draw the last frame, which stays in the notebook."""
        done = agent.history.step - self.first
        self.state = "ended" if done == self.steps else "stopped"
        self.last_png = self.draw()
        if self.handle is not None:
            self.handle.update(**bundle(self.last_png, self.alt))

    def save(self, path: str | Path) -> None:
        """Write the last picture of the run to a PNG file."""
        Path(path).write_bytes(self.last_png)
