"""Pictures to play with: sliders that redraw a figure, and a pendulum to push by hand.

Nothing here runs by itself: until someone moves a widget, the first picture stays.
"""

import asyncio
import io
from collections.abc import Callable

import ipywidgets as widgets
import numpy as np
from matplotlib.figure import Figure

from helpers.callbacks.controls import in_notebook, show
from helpers.pendulum.controllers import Trajectory
from helpers.pendulum.physics import MAX_TORQUE, TIME_LIMIT, TIME_STEP, step
from helpers.plots.animation import frame
from helpers.plots.png import SHARP, bundle, publish, sharp

WIDE = widgets.Layout(width="22em")


def show_controls(controls: list[widgets.Widget], words: str) -> None:
    """Show widgets in a row; `words` take their place where there are none, as in a stored page."""
    if in_notebook():
        show(widgets.Box(controls, layout=widgets.Layout(flex_flow="row wrap")), words)


def picture(drawn: Figure | bytes) -> tuple[bytes, int]:
    """A figure, or a PNG, as a PNG and its scale."""
    return (drawn, 1) if isinstance(drawn, bytes) else (sharp(drawn), SHARP)


def slider(name: str, low: float, high: float, step: float, value: float) -> widgets.Widget:
    """A slider with this name: for whole numbers if all four are whole."""
    whole = all(isinstance(number, int) for number in (low, high, step, value))
    options = {"min": low, "max": high, "step": step, "description": name, "layout": WIDE}
    if whole:
        return widgets.IntSlider(value, **options)
    digits = max(0, -int(np.floor(np.log10(step))))
    return widgets.FloatSlider(value, readout_format=f".{digits}f", **options)


def play(
    draw: Callable[..., Figure | bytes], alt: str, **sliders: tuple[float, float, float, float]
) -> dict[str, widgets.Widget]:
    """Show the figure (or PNG) that `draw(**values)` returns; redraw it when a slider moves.

    Each slider is (lowest, highest, step, initial value), under the name of its argument.
    """
    controls = {name: slider(name, *numbers) for name, numbers in sliders.items()}
    show_controls([*controls.values()], f"[sliders for {', '.join(controls)}, in JupyterLab]")

    def now() -> tuple[bytes, str, int]:
        png, scale = picture(draw(**{name: control.value for name, control in controls.items()}))
        return png, alt, scale

    handle = publish(*now(), again=True)
    for control in controls.values():
        control.observe(lambda change: handle.update(**bundle(*now())), "value")
    return controls


class PushByHand:
    """A pendulum that you push: a slider is the torque, a button starts an episode of ten seconds.

    `start` is the angle (rad, 0 is upright) and velocity (rad/s) at which it begins; `returns` are
    those of others from the same start, shown beside yours.
    """

    alt = "A pendulum to push by hand, waiting"

    def __init__(self, start: tuple[float, float], returns: dict[str, float]):
        self.start, self.returns, self.path = start, returns, []
        self.torque = widgets.FloatSlider(
            0.0, min=-MAX_TORQUE, max=MAX_TORQUE, step=0.1, description="torque", layout=WIDE
        )
        self.button = widgets.Button(description="Start", icon="play")
        self.verdict = widgets.Label()
        self.button.on_click(lambda _: asyncio.ensure_future(self.run()))
        controls = [self.button, self.torque, self.verdict]
        show_controls(controls, "[Start] and a slider for the torque, in JupyterLab")
        self.restart()
        self.handle = publish(self.picture(), self.alt, again=True)

    def restart(self) -> None:
        """Go back to the start state."""
        self.path = []
        self.now = tuple(np.array([x], dtype=float) for x in self.start)

    def push(self) -> None:
        """One step of the physics with the slider's torque."""
        theta, velocity = self.now
        torque = np.array([self.torque.value])
        *self.now, reward = step(theta, velocity, torque)
        self.path.append((theta, velocity, torque, reward))

    def picture(self) -> bytes:
        """The pendulum as it is now, with the return so far."""
        none = tuple(np.zeros(1) for _ in range(2))
        path = self.path or [(*self.now, *none)]
        trajectory = Trajectory(*(np.array(column) for column in zip(*path, strict=True)))
        file = io.BytesIO()
        frame((trajectory,), ("you",), len(path) - 1).quantize(32).save(file, format="PNG")
        return file.getvalue()

    async def run(self) -> None:
        """One episode in real time, while you move the slider."""
        self.restart()
        self.button.disabled = True
        clock = asyncio.get_running_loop()
        began = clock.time()
        for number in range(1, TIME_LIMIT + 1):
            self.push()
            if number % 2 == 0:  # ten pictures a second
                self.handle.update(**bundle(self.picture(), self.alt))
            await asyncio.sleep(max(0, began + number * TIME_STEP - clock.time()))
        mine = sum(row[3].item() for row in self.path)
        others = " · ".join(f"{name} {value:.0f}" for name, value in self.returns.items())
        self.verdict.value = f"your return {mine:.0f} · {others}"
        self.button.disabled = False
