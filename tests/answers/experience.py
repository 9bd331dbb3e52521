"""Answers to the exercise on collecting experience."""

from helpers.checks import check_collecting


def collecting(flag, over=lambda terminated, truncated: terminated or truncated, seed=None):
    """A loop that stores `flag` as the end, and begins a new episode where it is `over`."""

    def collect(env, policy, memory, steps):
        s, _ = env.reset()
        for _ in range(steps):
            a = policy(s)
            s_next, r, terminated, truncated, _ = env.step(a)
            memory.add(s, a, r, s_next, flag(terminated, truncated))
            s = env.reset(seed=seed)[0] if over(terminated, truncated) else s_next

    return collect


def named(name, collect):
    collect.__name__ = name
    return collect


def task_ended(terminated, truncated):
    return terminated


def time_was_up(terminated, truncated):
    return truncated


def either(terminated, truncated):
    return terminated or truncated


right = collecting(task_ended)


def empty(env, policy, memory, steps):
    s, _ = env.reset()
    for _ in range(steps):
        a = policy(s)
        _ = env.step(a)


def dots(env, policy, memory, steps):
    return ...


def stays(env, policy, memory, steps):
    s, _ = env.reset()
    for _ in range(steps):
        s_next, r, terminated, truncated, _ = env.step(policy(s))
        memory.add(s, policy(s), r, s_next, terminated)
        if terminated or truncated:
            env.reset()


def reset_before_storing(env, policy, memory, steps):
    s, _ = env.reset()
    for _ in range(steps):
        s_next, r, terminated, truncated, _ = env.step(policy(s))
        if terminated or truncated:
            s_next, _ = env.reset()
        memory.add(s, policy(s), r, s_next, terminated)
        s = s_next


def order_confused(env, policy, memory, steps):
    class Confused:
        def add(self, s, a, r, s_next, terminated):
            memory.add(s, r, a, s_next, terminated)

    right(env, policy, Confused(), steps)


def one_too_few(env, policy, memory, steps):
    right(env, policy, memory, steps - 1)


ROWS = [
    (right, "Right: each transition is stored as it was"),
    (empty, "still to be written"),
    (dots, "still to be written"),
    (
        named("both as end", collecting(either)),
        "it stores the time limit as an end",
        "the time limit as an end",
    ),
    (named("limit as end", collecting(time_was_up)), "it stores `truncated`"),
    (named("turned", collecting(lambda end, cut: not end)), "the wrong way round"),
    (named("no end", collecting(lambda end, cut: False)), "no transition is stored as an end"),
    (named("odd flag", collecting(lambda end, cut: 2)), "the last column should be 1"),
    (named("over if ended", collecting(task_ended, over=task_ended)), "the time was up"),
    (named("over if cut", collecting(task_ended, over=time_was_up)), "the task had ended"),
    (named("seeded", collecting(task_ended, seed=0)), "it resets with a seed"),
    (named("always new", collecting(task_ended, lambda end, cut: True)), "reset once an end"),
    (stays, "s stays the first state"),
    (reset_before_storing, "store the transition before you reset"),
    (order_confused, "the order is s, a, r, s_next, terminated"),
    (one_too_few, "it stored 11"),
]
ANSWERS = [(check_collecting, *row) for row in ROWS]
