"""Checks of what watches a run."""

from types import SimpleNamespace

from helpers.checks.judging import check
from helpers.history import History


@check
def check_stopping(callback: type) -> str | None:
    """your callback ends a run at the third evaluation in a row within 10 %, and not before."""
    cases = {
        (): "nothing was evaluated yet, and it stopped.",
        (0.5, 0.09, 0.05): "only two gaps were within 10 %, and it stopped.",
        (0.09, 0.2, 0.05, 0.08): "the gaps were 9, 20, 5, 8 %: not three in a row, and it stopped.",
        (0.14, 0.05, 0.05): "the gaps were 14, 5, 5 %: the mean is small, but one is not.",
        (0.5, 0.09, 0.05, 0.08): "the last three gaps are within 10 %, and it went on.",
    }
    *early, timely = cases
    if set(answers(callback, timely)) == {None}:
        raise NotImplementedError
    for gaps in early:
        if any(answers(callback, gaps)):
            return cases[gaps]
    *before, last = answers(callback, timely)
    if any(before):
        return "it stopped before the third gap within 10 %."
    return None if last else cases[timely]


def answers(callback: type, gaps: tuple[float, ...]) -> list[bool | None]:
    """What a new callback answers, True to stop: at once, and after each of these evaluations."""
    agent, watcher = SimpleNamespace(history=History()), callback()
    watcher.start(agent, 10_000)
    asked = [watcher.step(agent)]
    for gap in gaps:
        agent.history.step += 1_000
        agent.history.record(gap=gap)
        asked.append(watcher.step(agent))
    return asked
