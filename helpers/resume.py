"""Runs that go on where they were, after a crash or an interrupt."""

import time
from dataclasses import replace
from pathlib import Path

from helpers.callbacks import Callback
from helpers.files import check_place, readable, write
from helpers.identity import check_run, describe, settings
from helpers.state import (
    capture,
    common_generators,
    digest,
    generator_state,
    restore,
    restore_common_generators,
    unpack,
)


class Checkpoint(Callback):
    """Saves a run at ends of episodes; the same lines, run again, go on from there to the same end.

    It saves when `every` steps have passed, unless that would take more than `share` of the time,
    and once more at the end. Interrupt lets the episode under way finish, so that nothing is lost.

    What goes on is the same bit for bit on the same machine: networks, optimisers, memory, noise,
    history and all random generators, the environment's as well. What an environment keeps besides
    from one episode to the next, and what callbacks keep for themselves, as KeepBest does, is not
    in the file. `path` is for one run: another seed, recipe, environment or piece is refused.
    Delete the file to begin anew.
    """

    def __init__(self, path: str | Path, every: int = 1_000, share: float = 0.02):
        self.path, self.every, self.share = Path(path), every, share

    def start(self, agent, steps: int) -> None:
        """Bring the agent to where the file stands, where there is one, and it is of this run."""
        history, self.agent, self.goal = agent.history, agent, agent.history.goal
        check_place(self.path)
        self.made, self.ended, self.last = describe(agent), {}, None
        self.whole = self.told = False  # whether an episode's end is saved at `path`; see `hold`
        begun = capture(agent, leave_out=("recipe", "history"))  # or it says what cannot be saved
        new, history.run = history.run is None, history.run or digest(begun)
        for content, place in readable(self.path):
            check_run(content, self.made if new else None, history.run, place)
            under_way, self.made = content["run"]["under_way"], content["made"]
            self.whole |= place == self.path and not under_way
            self.ended, self.last = content["run"]["ended"], content["steps"]
            if self.last <= history.step:
                break  # the agent at hand is as far or further
            if not under_way or self.last >= self.goal:
                self.resume(content)
                break
        self.call = f"{history.begun}-{self.goal}"  # what tells this call of `train` from others
        history.goal = self.ended.get(self.call, self.goal)  # where a callback ended it early
        self.report(resumed=history.step == self.last)
        self.saved_at, self.saved_when, self.seconds = history.step, time.perf_counter(), 0.0

    def resume(self, content: dict) -> None:
        """Put all back that the file holds."""
        run, agent, history = content["run"], self.agent, self.agent.history
        restore(agent, content["agent"])
        if content["recipe"]:  # a slider may have changed its numbers
            numbers = {k: v for k, v in content["recipe"].items() if k != "noise"}
            agent.recipe = replace(agent.recipe, **numbers)
        history.load_state_dict(run["history"])
        generator = history.env.unwrapped.np_random.bit_generator
        generator.state = unpack(run["environment"])
        restore_common_generators(run["common"])

    def report(self, resumed: bool) -> None:
        """Say where the run goes on, or that it is over."""
        history, words = self.agent.history, f"{self.path.name}: the run "
        if self.last is None:
            return
        if history.step >= history.goal:
            words += f"has come to its end at step {history.step:,}, and trains no more"
            print(words + " (delete the file to begin anew).")
        elif resumed:
            print(words + f"goes on at step {history.step:,} of {history.goal:,}.")

    def hold(self, agent, ending: bool) -> bool:
        """Save where it is due; put an end off to the end of the episode."""
        history = agent.history
        if history.state is not None and history.step < self.goal:  # in the midst of an episode
            if ending and not self.told:
                print("The run ends with this episode and is saved; interrupt again to end it now.")
                self.told = True
            return ending
        passed, now = history.step - self.saved_at, time.perf_counter()
        spare = self.share * (now - self.saved_when) >= self.seconds
        if ending or (passed >= self.every and spare):
            if history.goal <= history.step < self.goal:  # a callback ended the run
                self.ended[self.call] = history.step
            self.save(now)
        return False

    def save(self, began: float) -> None:
        """Write the run as it is now; if that fails, it goes on, and the last state stays."""
        history = self.agent.history
        try:
            write(self.content(), self.path, keep_previous=self.whole)
        except OSError as error:
            kept = "No state is saved yet" if self.last is None else f"Step {self.last:,} stays"
            print(f"{error} {kept}, and the run goes on.")
        else:
            self.whole, self.last = history.state is None, history.step
        self.saved_at, self.saved_when = history.step, time.perf_counter()
        self.seconds = self.saved_when - began

    def content(self) -> dict:
        """All that decides how the run goes on."""
        agent, history = self.agent, self.agent.history
        run = {
            "id": history.run,
            "ended": self.ended,
            "under_way": history.state is not None,
            "history": history.state_dict(),
            "environment": generator_state(history.env.unwrapped.np_random),
            "common": common_generators(),
        }
        state = capture(agent, leave_out=("recipe", "history"))
        head = {"made": self.made, "recipe": settings(agent), "steps": history.step}
        return head | {"agent": state, "run": run}
