"""What a saved agent was made from, and a clear sentence where something else is at hand now."""

from dataclasses import asdict, is_dataclass
from pathlib import Path

from helpers.fingerprint import fingerprint
from helpers.validation import sizes

AGAIN = "take what it was made with, give another path, or delete the file to begin anew."


def settings(agent) -> dict:
    """The numbers of an agent's recipe, and the name of its noise; empty where it has none."""
    recipe = getattr(agent, "recipe", None)
    return asdict(recipe) | {"noise": recipe.noise.__name__} if is_dataclass(recipe) else {}


def pieces(agent) -> dict[str, str]:
    """The name and a fingerprint of the code of the agent's class and of each of its pieces."""
    given = vars(agent.pieces) if hasattr(agent, "pieces") else {}
    parts = {"agent": type(agent), **given}
    if hasattr(agent, "noise"):
        parts["noise"] = type(agent.noise)
    return {name: f"{called(part)} {fingerprint([part])}" for name, part in parts.items()}


def called(piece) -> str:
    """The name of a function or class, or what an object says of itself."""
    if hasattr(piece, "__name__"):
        return piece.__name__
    kind = type(piece)
    return kind.__name__ if kind.__repr__ is object.__repr__ else repr(piece)


def environment(env) -> str:
    """The name of an environment, its time limit, and the options it was made with."""
    if env.spec is None:
        return type(env.unwrapped).__name__
    options = {k: v for k, v in env.spec.kwargs.items() if k != "render_mode"}
    limit = env.spec.max_episode_steps
    words = f" of {limit} steps" if limit else ""
    return env.spec.id + words + (f" with {options}" if options else "")


def describe(agent, env=None) -> dict:
    """What an agent was made from; the environment is the one it has trained in, if any."""
    env = env or agent.history.env
    made = {"recipe": settings(agent), "pieces": pieces(agent)}
    if env is not None:
        states, actions = sizes(env)
        made |= {"environment": environment(env), "states": states, "actions": actions}
    return made


def check_run(content: dict, made: dict | None, run: str, path: Path) -> None:
    """Raise a ValueError unless a file holds this run, of an agent that was made like this one."""
    if "run" not in content:
        raise ValueError(
            f"{path} holds an agent without its run: load it with DDPG.load, and give the "
            "checkpoint another path."
        )
    if made is not None:
        check_same(content["made"], made, path)
    if content["run"]["id"] != run:
        raise ValueError(f"{path} holds a run with another seed or another beginning: {AGAIN}")


def check_same(there: dict, here: dict, path: Path) -> None:
    """Raise a ValueError that names the first thing in which a file and the present differ."""
    names = {"environment": "environment", "states": "size of states", "actions": "size of actions"}
    for key, words in names.items():
        if there.get(key) != here.get(key):
            old, new = there.get(key), here.get(key)
            raise ValueError(f"{path} was made with another {words}, {old} and not {new}: {AGAIN}")
    for key, words in {"recipe": "recipe", "pieces": "piece"}.items():
        for name in there[key] | here[key]:
            old, new = there[key].get(name), here[key].get(name)
            if old != new:
                raise ValueError(
                    f"{path} was made with another {words}, {name} {old} and not {new}: {AGAIN}"
                )
