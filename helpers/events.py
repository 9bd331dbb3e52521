"""TensorBoard events: the same numbers, for TensorBoard's own pages."""

import tempfile
import warnings
from pathlib import Path

from torch.utils.tensorboard import SummaryWriter

from helpers.callbacks import Callback


class TensorBoard(Callback):
    """Writes every series of the history as TensorBoard events into the folder `path`.

    Where that folder can't be written, a warning names the temporary folder that takes its place.
    """

    def __init__(self, path: str | Path, every: int = 200):
        self.path, self.every = Path(path), every

    def start(self, agent, steps: int) -> None:
        """Open the event file; only what happens from now on is written."""
        try:
            self.writer = SummaryWriter(self.path)
        except OSError as problem:
            other = Path(tempfile.mkdtemp(prefix="events-"))
            warnings.warn(f"{problem}, so the TensorBoard events go to {other}.", stacklevel=2)
            self.writer, self.path = SummaryWriter(other), other
        self.written = {name: len(steps) for name, (steps, _) in agent.history.series.items()}

    def step(self, agent) -> None:
        """Write what is new, where it is due."""
        if agent.history.step % self.every == 0:
            self.write(agent)

    def write(self, agent) -> None:
        """Write all numbers that are not in the file yet."""
        for name, (steps, values) in agent.history.series.items():
            for i in range(self.written.get(name, 0), len(steps)):
                self.writer.add_scalar(name, values[i], steps[i])
            self.written[name] = len(steps)

    def end(self, agent) -> None:
        """Write the rest and close the file."""
        self.write(agent)
        self.writer.close()
