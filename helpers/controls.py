"""Buttons and sliders that act while a run is under way."""

from dataclasses import replace
from typing import NamedTuple

import ipywidgets as widgets
import numpy as np
from IPython.display import display

from helpers.callbacks import Callback
from helpers.pictures import in_notebook

WORDS = "[Stop] [Pause] and sliders, in JupyterLab; the Interrupt button stops everywhere"


class Setting(NamedTuple):
    """A number of the recipe that a slider changes."""

    words: str
    low: float
    high: float
    log: bool = True


SETTINGS = {
    "sigma": Setting("noise σ", 0.0, 1.0, log=False),
    "actor_rate": Setting("actor's rate", 1e-5, 1e-1),
    "critic_rate": Setting("critic's rate", 1e-5, 1e-1),
    "tau": Setting("τ", 1e-3, 1.0),
}


def slider(setting: Setting, value: float) -> widgets.Widget:
    """A slider for this setting, where it stands now."""
    options = {"description": setting.words, "value": value, "readout_format": ".2g"}
    options |= {"layout": widgets.Layout(width="30em"), "style": {"description_width": "6.5em"}}
    if not setting.log:
        return widgets.FloatSlider(min=setting.low, max=setting.high, step=0.01, **options)
    low, high = np.log10([setting.low, setting.high])
    return widgets.FloatLogSlider(min=low, max=high, step=0.01, **options)


def answer_while_busy(*controls: widgets.Widget) -> None:
    """Let a widget's messages be answered although the kernel's main thread is busy training.

    JupyterLab sends them over a subshell, a second thread of the kernel. ipykernel 7.4 hands them
    back to the busy thread, where they would wait for the end of the run; here they stay where they
    came in. Other versions have no such attribute, and are left alone.
    """
    for control in controls:
        if hasattr(comm := getattr(control, "comm", None), "_reply_subshell_for"):
            comm._reply_subshell_for = lambda data, default: default


class Controls(Callback):
    """Stop, Pause, and sliders for the noise, the learning rates and tau of the agent.

    They act in JupyterLab, while the cell runs. Nothing waits for them elsewhere; there, and here
    too, the Interrupt button stops a run. A slider writes into the agent's recipe, and so does not
    outlive the agent.
    """

    def start(self, agent, steps: int) -> None:
        """Show the controls, each slider where the agent's recipe has it."""
        self.stopped, self.moved = False, {}
        narrow = widgets.Layout(width="7em")
        self.stop_button = widgets.Button(description="Stop", icon="stop", layout=narrow)
        self.pause_button = widgets.ToggleButton(description="Pause", icon="pause", layout=narrow)
        self.stop_button.on_click(self.stop)
        self.sliders = {k: slider(s, getattr(agent.recipe, k)) for k, s in SETTINGS.items()}
        for name, control in self.sliders.items():
            control.observe(lambda change, name=name: self.move(name, change.new), "value")
        self.all = [self.stop_button, self.pause_button, *self.sliders.values()]
        answer_while_busy(*self.all)
        if in_notebook():
            sliders = widgets.Box([*self.sliders.values()])
            sliders.layout.flex_flow, sliders.layout.max_width = "row wrap", "62em"  # two by two
            box = widgets.VBox([widgets.HBox([self.stop_button, self.pause_button]), sliders])
            display(box._repr_mimebundle_() | {"text/plain": WORDS}, raw=True)

    def stop(self, button=None) -> None:
        """End the run after the step under way."""
        self.stopped = True

    def move(self, name: str, value: float) -> None:
        """Take a new value for a setting; called in another thread, so it only leaves a note."""
        self.moved[name] = value

    def step(self, agent) -> bool:
        """Write what was moved into the agent; True where Stop was pressed."""
        while self.moved:
            name, value = self.moved.popitem()
            agent.recipe = replace(agent.recipe, **{name: value})
            if name == "sigma":
                agent.noise.sigma = value
        return self.stopped

    def waiting(self) -> bool:
        """Whether Pause is pressed."""
        return self.pause_button.value and not self.stopped

    def end(self, agent) -> None:
        """Grey the controls out."""
        for control in self.all:
            control.disabled = True
