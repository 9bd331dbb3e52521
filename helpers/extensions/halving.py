"""A sweep: many settings are tried a little, and the best third of them further and further."""

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from math import isfinite

from helpers.extensions.many_seeds import SeedsFailed, many_seeds
from helpers.validation import check_steps

Settings = Mapping[str, float]


def successive_halving(
    score: Callable[[Settings, int, int], float],
    ranges: Mapping[str, tuple[float, float]],
    rungs: Sequence[int],
    *,
    trials: int,
    jobs: int | None = None,
    cluster: str | None = None,
):
    """Random search with successive halving; gives an Optuna study of all trials.

    Each trial draws its settings from `ranges`, name -> (smallest, largest), evenly on a log scale.
    `score(settings, steps, trial)` trains from scratch for so many steps and gives a number: the
    smaller, the better. The trial's number (0, 1, ...) may serve as its seed. All trials run to the
    first of the `rungs`, the best third of them to the second, and so on, but at least one;
    in processes or on a cluster, as with `many_seeds`. One that fails, or isn't finite, is out.

    The same call gives the same study. (Optuna's own pruners decide while other trials still run,
    so what they keep depends on who is ready first.) The study's `best_params` were lucky, too:
    confirm them on fresh seeds. Raises ValueError for arguments that make no sense, ImportError
    without Optuna, and SeedsFailed if all trials fail. Source: Jamieson and Talwalkar 2016.
    """
    check_steps(trials, "The number of trials", least=1)
    for steps in rungs:
        check_steps(steps, "Each of the rungs", least=1)
    if not rungs or [*rungs] != sorted(set(rungs)):
        raise ValueError(f"The rungs must grow, as in [1_000, 3_000, 9_000], not {rungs!r}.")
    for name, (low, high) in ranges.items():
        if not 0 < low < high:
            raise ValueError(f"Give {name} a range (low, high) above 0, not {(low, high)}.")
    try:
        import optuna
        from optuna.trial import TrialState
    except ImportError as error:
        raise ImportError("A sweep needs Optuna: pip install optuna.") from error

    study = optuna.create_study(sampler=optuna.samplers.RandomSampler(seed=0))
    drawn = {k: optuna.distributions.FloatDistribution(*r, log=True) for k, r in ranges.items()}
    left = {trial.number: trial for trial in (study.ask(drawn) for _ in range(trials))}
    for steps in rungs:
        work = partial(call, score, {n: trial.params for n, trial in left.items()}, steps)
        scores: dict[int, float] = {}
        try:
            scores.update(many_seeds(work, left, jobs=jobs, cluster=cluster))
        except SeedsFailed:  # each reason has been printed
            if not scores:
                raise
        for n, value in scores.items():
            left[n].report(value, steps)
        finite = sorted((n for n, value in scores.items() if isfinite(value)), key=scores.get)
        kept = finite if steps == rungs[-1] else finite[: max(1, len(left) // 3)]
        for n in left.keys() - kept:
            study.tell(left[n], state=TrialState.PRUNED if n in finite else TrialState.FAIL)
        left = {n: left[n] for n in kept}
    for n, trial in left.items():
        study.tell(trial, scores[n])
    return study


def call(score: Callable, settings: Mapping[int, Settings], steps: int, trial: int) -> float:
    """The score of one trial; called in a worker."""
    return float(score(settings[trial], steps, trial))
