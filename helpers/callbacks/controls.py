"""Buttons and sliders that act during a run."""

import signal
import time
from dataclasses import replace
from typing import NamedTuple

import ipywidgets as widgets
import numpy as np
from IPython import get_ipython
from IPython.display import display

from helpers.training import Callback

watchers = []  # functions that are called with an agent whose run begins a pause
WORDS = "[Stop] [Pause] and sliders, in JupyterLab"


class Setting(NamedTuple):
    """A number of the recipe that a slider changes, and the slider's range."""

    words: str
    low: float
    high: float
    log: bool = True


SETTINGS = {
    "sigma": Setting("noise σ", 0.0, 4.0, log=False),
    "actor_lr": Setting("actor's rate", 1e-5, 1e-1),
    "critic_lr": Setting("critic's rate", 1e-5, 1e-1),
    "tau": Setting("τ", 1e-3, 1.0),
}


def in_notebook() -> bool:
    """Whether a notebook's kernel is there to show pictures and controls."""
    return getattr(get_ipython(), "kernel", None) is not None


def slider(setting: Setting, value: float) -> widgets.Widget:
    """A slider for this setting, at its current value, even if that is outside the range."""
    low, high = min(setting.low, value), max(setting.high, value)
    options = {"description": setting.words, "value": value, "readout_format": ".2g"}
    options |= {"layout": widgets.Layout(width="30em"), "style": {"description_width": "6.5em"}}
    if not setting.log:
        return widgets.FloatSlider(min=low, max=high, step=0.01, **options)
    low, high = np.log10([low, high])
    return widgets.FloatLogSlider(min=low, max=high, step=0.01, **options)


def answer_while_busy(*controls: widgets.Widget) -> None:
    """Let a widget's messages be answered while the kernel's main thread is busy training.

    JupyterLab sends them over a subshell, a second thread of the kernel. ipykernel 7.4 hands them
    back to the busy thread, where they would wait for the end of the run; this keeps them in the
    thread that received them. Other versions have no such attribute, and are left alone.
    """
    for control in controls:
        if hasattr(comm := getattr(control, "comm", None), "_reply_subshell_for"):
            comm._reply_subshell_for = lambda data, default: default


def show(box: widgets.Widget, words: str) -> None:
    """Display a widget, with `words` in its place where widgets aren't shown."""
    if hasattr(box, "_repr_mimebundle_"):
        display(box._repr_mimebundle_() | {"text/plain": words}, raw=True)
    else:  # ipywidgets 7
        display(box)


class Controls(Callback):
    """Stop, Pause, and sliders for the noise, the learning rates and tau of the agent.

    They act in JupyterLab, while the cell runs; elsewhere no run waits for them. The Interrupt
    button stops a run everywhere. A slider replaces this agent's recipe, and has no effect on other
    agents.
    """

    def start(self, agent, steps: int) -> None:
        """Show the controls, each slider at the value in the agent's recipe."""
        self.stopped, self.moved = False, {}
        self.handler = signal.getsignal(signal.SIGINT)  # train's own, until the first interrupt
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
            buttons = widgets.HBox([self.stop_button, self.pause_button])
            show(widgets.VBox([buttons, sliders]), WORDS)

    def stop(self, button=None) -> None:
        """End the run after the current step."""
        self.stopped = True

    def move(self, name: str, value: float) -> None:
        """Note a new value for `step` to apply, since this is called in another thread."""
        self.moved[name] = value

    def step(self, agent) -> bool:
        """Wait while Pause is pressed, then give moved values to the agent; True after Stop."""
        if self.waiting():
            for watch in watchers:
                watch(agent)
        while self.waiting():
            time.sleep(0.05)
        while self.moved:
            name, value = self.moved.popitem()
            agent.recipe = replace(agent.recipe, **{name: value})
            if name == "sigma":
                agent.noise.sigma = value
        return self.stopped

    def waiting(self) -> bool:
        """Whether Pause is pressed, and nothing ends the run."""
        return self.pause_button.value and not self.stopped and not self.interrupted()

    def interrupted(self) -> bool:
        """Whether `train` was interrupted: the first SIGINT restores the old handler."""
        return signal.getsignal(signal.SIGINT) is not self.handler

    def end(self, agent) -> None:
        """Disable the controls."""
        for control in self.all:
            control.disabled = True
