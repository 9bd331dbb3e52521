"""The live plot: one figure that shows a run while it trains."""

import sys
import time
from collections import deque
from collections.abc import Sequence
from pathlib import Path
from textwrap import shorten

import numpy as np
from matplotlib.patches import Rectangle

from helpers.callbacks.controls import watchers
from helpers.callbacks.progress import PrintProgress
from helpers.plots.layout import is_pendulum, layout
from helpers.plots.png import SHARP, bundle, encode, publish, sharp
from helpers.plots.style import BLUE, GREEN, INK, ORANGE, RED, house_palette
from helpers.training import Callback

FRAMES = 900  # the most in a run: nbval loses a cell that sends thousands of messages
HEAD = 0.34  # inches at the top, for the progress bar and the words below it
COLOURS = {"running": BLUE, "paused": ORANGE, "stopped": ORANGE, "failed": RED, "ended": GREEN}
NEXT = {"paused": ["release Pause to go on"], "stopped": ["train again to go on"]}


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
        self.agent, self.first, self.steps = agent, None, max(steps, agent.steps)
        self.frames, self.spent, self.state, self.error = 0, 0.0, "running", None
        self.learns_at = getattr(getattr(agent, "recipe", None), "learning_starts", 0)
        pendulum = is_pendulum(agent.env)
        self.figure, self.panels = layout(self.names, self.steps, pendulum, self.band)
        inch = 1 / self.figure.get_figheight()
        self.figure.get_layout_engine().set(rect=(0, 0, 1, 1 - HEAD * inch))
        self.bar = self.figure.add_artist(Rectangle((0, 1 - 0.06 * inch), 0, 0.06 * inch))
        self.status = self.figure.text(0.012, 1 - 0.12 * inch, "", va="top", fontsize=10)
        self.artists = [self.bar, self.status, *(a for p in self.panels for a in p.artists)]
        for artist in self.artists:
            artist.set_animated(True)  # drawn in every frame, on top of what stays
        self.began = self.last = time.perf_counter()
        self.clock = deque(maxlen=8)  # when the latest frames were drawn, for the current speed
        self.lay_out()
        self.handle = publish(self.draw(), self.alt, again=True)
        self.began = self.last = time.perf_counter()
        watchers.append(self.pause)

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
        self.show_progress()
        for artist in self.artists:
            self.figure.draw_artist(artist)
        return encode(self.figure, house_palette())

    def show_progress(self) -> None:
        """Bring the bar and the words up to date."""
        self.bar.set(width=self.agent.steps / max(self.steps, 1), color=COLOURS[self.state])
        words = shorten(self.report(), round(13 * self.figure.get_figwidth()), placeholder=" …")
        self.status.set(text=words, color=RED if self.state == "failed" else INK)

    def report(self) -> str:
        """How far the run has got, and what becomes of it, in words."""
        here, seconds = self.agent.steps, time.perf_counter() - self.began
        where = f"step {here:,} of {self.steps:,}"
        if self.state == "running":
            return f"{where} · {self.pace(here)}"
        words = [f"{self.state} at {where}"]
        if self.error is not None:
            words.append(f"{type(self.error).__name__}: {self.error}")
        elif self.state != "paused":  # the date tells a stored picture from today's
            words += [f"{seconds:.0f} s", time.strftime("%Y-%m-%d %H:%M")]
        return " · ".join([*words, *NEXT.get(self.state, ())])

    def pace(self, here: int) -> str:
        """How fast the run is, and how long it will take; random steps say nothing of that."""
        if here < self.learns_at:
            return "random steps, before learning starts"
        if len(self.clock) < 2:
            return "starting"
        (then, before), (now, last) = self.clock[0], self.clock[-1]
        speed = (last - before) / (now - then)
        return f"{speed:.0f} steps/s · {(self.steps - here) / speed:.0f} s left"

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
        now = time.perf_counter()
        if self.first is None:  # a Checkpoint may have taken the agent further since `start`
            self.first = agent.steps - 1
            self.clock.append((self.began, self.first))
        if afresh := agent.steps == self.learns_at or self.state == "paused":
            self.clock.clear()
            self.clock.append((now, agent.steps))
            self.state = "running"
        for panel in self.panels:
            panel.follow(agent)
        if self.handle is None:
            self.printer.step(agent)
        elif not afresh and self.due(now):
            self.clock.append((now, agent.steps))
            self.handle.update(**bundle(self.draw(), self.alt))
            self.last = time.perf_counter()
            self.spent, self.frames = self.spent + self.last - now, self.frames + 1

    def pause(self, agent) -> None:
        """Say in the picture that the run waits."""
        if agent is self.agent and self.handle is not None:
            self.state = "paused"
            self.handle.update(**bundle(self.draw(), self.alt))

    def end(self, agent) -> None:
        """Draw the last frame, sharper than the others; it stays in the notebook."""
        watchers.remove(self.pause)
        error = sys.exception()
        self.error = error if isinstance(error, Exception) else None
        done = agent.steps == self.steps
        self.state = "failed" if self.error else "ended" if done else "stopped"
        for artist in self.artists:
            artist.set_animated(False)
        for panel in self.panels:
            panel.update(agent)
        self.show_progress()
        self.last_png = sharp(self.figure)
        if self.handle is not None:
            self.handle.update(**bundle(self.last_png, self.alt, SHARP))

    def save(self, path: str | Path) -> None:
        """Write the last picture of the run to a PNG file."""
        Path(path).write_bytes(self.last_png)
