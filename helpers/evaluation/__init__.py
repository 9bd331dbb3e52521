"""Evaluation: returns from fixed starts, statistics, recordings, tasks beyond Pendulum, claims."""

from helpers.evaluation.claims import claim
from helpers.evaluation.recordings import (
    COMMAND,
    FOLDER,
    TASKS_FOLDER,
    Recorded,
    gap_band,
    load,
    recordings,
    return_band,
    sweep,
)
from helpers.evaluation.returns import (
    EVALUATION_STARTS,
    SELECTION_STARTS,
    Env,
    evaluate,
    evaluate_in_gymnasium,
    gap,
    mean_and_error,
)
from helpers.evaluation.simulators import off_screen, simplify, warn_in_python
from helpers.evaluation.statistics import (
    band,
    bootstrap_band,
    bootstrap_ratio,
    interquartile_mean,
    solved_at,
)
from helpers.evaluation.tasks import TASKS, Published, Task, patient, recorded_policy
from helpers.evaluation.values import Values, visited_values
from helpers.evaluation.vitals import vitals
