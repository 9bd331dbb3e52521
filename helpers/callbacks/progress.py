"""Progress as text, for runs without a plot."""

from helpers.training import Callback
from helpers.validation import check_steps


class PrintProgress(Callback):
    """Prints one line every `every` episodes: the mean return of these episodes."""

    def __init__(self, every: int = 10):
        check_steps(every, "The episodes from one line to the next", least=1)
        self.every = every

    def step(self, agent) -> None:
        """Print the line if it's due."""
        steps, returns = agent.history.series.get("return", ((), ()))
        if steps and steps[-1] == agent.steps and len(returns) % self.every == 0:
            mean = sum(returns[-self.every :]) / self.every
            print(
                f"step {agent.steps:7,d}   episode {len(returns):4d}   "
                f"mean return of the last {self.every}: {mean:8.1f}"
            )
