"""The pendulum in motion: an animated picture of one or more trajectories, side by side."""

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from helpers.pendulum.controllers import Trajectory
from helpers.pendulum.physics import MAX_TORQUE, TIME_STEP
from helpers.plots.png import moving, publish
from helpers.plots.style import BLUE, GREY, INK, RED

SIZE, FINE = 220, 3  # pixels of a pendulum's square, and how much finer it is drawn at first
COLOURS = 32


def draw_rod(theta: float, torque: float) -> Image.Image:
    """One pendulum at the angle theta (rad, 0 is upright); the arc is the torque (N m)."""
    size = SIZE * FINE
    picture = Image.new("RGB", (size, size), "white")
    pen, middle, length = ImageDraw.Draw(picture), size / 2, 0.38 * size
    tip = middle - length * np.sin(theta), middle - length * np.cos(theta)
    pen.ellipse(
        [middle - length, middle - length, middle + length, middle + length], outline="#DDDDDD"
    )
    pen.line([(middle, middle), tip], fill=BLUE, width=10 * FINE)
    for (x, y), radius in (((middle, middle), 5 * FINE), (tip, 9 * FINE)):
        pen.ellipse([x - radius, y - radius, x + radius, y + radius], fill=INK)
    extent, radius = 130 * torque / MAX_TORQUE, 0.16 * size  # degrees; anticlockwise is positive
    box = [middle - radius, middle - radius, middle + radius, middle + radius]
    if abs(extent) > 2:
        pen.arc(box, min(-90, -90 - extent), max(-90, -90 - extent), fill=RED, width=4 * FINE)
        end = np.radians(90 + extent)
        x, y = middle + radius * np.cos(end), middle - radius * np.sin(end)
        pen.ellipse([x - 4 * FINE, y - 4 * FINE, x + 4 * FINE, y + 4 * FINE], fill=RED)
    return picture.resize((SIZE, SIZE), Image.Resampling.LANCZOS)


def frame(trajectories: tuple[Trajectory, ...], labels: tuple[str, ...], t: int) -> Image.Image:
    """The picture at step t: each pendulum with its label and its return so far below."""
    picture = Image.new("RGB", (SIZE * len(trajectories), SIZE + 40), "white")
    pen, font = ImageDraw.Draw(picture), ImageFont.load_default(14)
    for i, (path, label) in enumerate(zip(trajectories, labels, strict=True)):
        picture.paste(draw_rod(path.theta[t, 0], path.torque[t, 0]), (SIZE * i, 0))
        centre, total = SIZE * i + SIZE / 2, path.reward[: t + 1, 0].sum()
        pen.text((centre, SIZE + 6), label, INK, font, anchor="mm")
        pen.text((centre, SIZE + 26), f"return {total:.0f}", GREY, font, anchor="mm")
    return picture


def animation(
    trajectories: tuple[Trajectory, ...], labels: tuple[str, ...], every: int = 2
) -> bytes:
    """An animated PNG of the first pendulum of each trajectory, in real time; one palette for all.

    It shows every `every`-th step, plays forever, and rests two seconds at the end.
    """
    steps = range(0, len(trajectories[0].theta), every)
    frames = [frame(trajectories, labels, t) for t in steps]
    method = Image.Quantize.MAXCOVERAGE  # white stays white, and the arc red
    return moving(frames, 1000 * TIME_STEP * every, COLOURS, method)


def animate(*trajectories: Trajectory, labels: tuple[str, ...]) -> None:
    """Show the first pendulum of each trajectory swinging, side by side, in the notebook."""
    alt = "Pendulum swinging: " + " beside ".join(labels)
    publish(animation(trajectories, labels), alt)
