"""TensorBoard event files: the history's numbers, for TensorBoard's own pages."""

import tempfile
import warnings
from itertools import count
from pathlib import Path

from helpers.training import Callback
from helpers.validation import check_steps


class TensorBoard(Callback):
    """Writes every series of the history as TensorBoard events, each agent in a folder of its own.

    These are `path`/run-1, `path`/run-2, and so on, which TensorBoard draws as separate runs;
    `folder` is the last one. If it can't be written, a warning names a temporary folder instead.
    """

    def __init__(self, path: str | Path, every: int = 200):
        check_steps(every, "The steps from one entry to the next", least=1)
        self.path, self.every, self.agent = Path(path), every, None

    def start(self, agent, steps: int) -> None:
        """Open an event file; only what happens from now on is written."""
        from torch.utils.tensorboard import SummaryWriter  # here because it takes seconds

        try:
            if agent is not self.agent:  # a second call of `train` continues in the same folder
                names = (self.path / f"run-{number}" for number in count(1))
                self.folder = next(name for name in names if not name.exists())
            self.writer = SummaryWriter(self.folder)
        except OSError as problem:
            self.folder = Path(tempfile.mkdtemp(prefix="events-"))
            warnings.warn(f"{problem}: TensorBoard events go to {self.folder}.", stacklevel=2)
            self.writer = SummaryWriter(self.folder)
        self.agent = agent
        self.written = {name: len(steps) for name, (steps, _) in agent.history.series.items()}

    def step(self, agent) -> None:
        """Write what is new if it's due."""
        if agent.steps % self.every == 0:
            self.write(agent)

    def write(self, agent) -> None:
        """Write all numbers that aren't in the file yet."""
        for name, (steps, values) in agent.history.series.items():
            for i in range(self.written.get(name, 0), len(steps)):
                self.writer.add_scalar(name, values[i], steps[i])
            self.written[name] = len(steps)

    def end(self, agent) -> None:
        """Write the rest and close the file."""
        self.write(agent)
        self.writer.close()
