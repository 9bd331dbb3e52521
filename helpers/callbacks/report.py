"""What lets another process follow a run."""

from pathlib import Path

import numpy as np

from helpers.training import Callback


class Report(Callback):
    """Keeps the gaps of its seed in a file, for a picture that another process draws."""

    last = True  # after Evaluate

    def __init__(self, folder: str | Path, seed: int):
        self.path, self.known = Path(folder, f"{seed}.npy"), 0

    def step(self, agent) -> None:
        """Write all gaps, whenever there is a new one."""
        found = agent.history["gap"]
        if len(found[0]) > self.known:
            self.known = len(found[0])
            beside = self.path.with_suffix(".partial.npy")
            np.save(beside, found)
            beside.replace(self.path)  # at once: whoever reads it finds it whole
