"""The pendulum: its physics, controllers, optimum, regret, and tabular Q-learning."""

from helpers.pendulum.controllers import (
    Policy,
    Trajectory,
    ask,
    random_policy,
    rollout,
    swing_up_and_hold,
)
from helpers.pendulum.frames import RodFrames, draw_rod, frames_of, one_frame, pixel_pendulum
from helpers.pendulum.optimum import (
    Optimum,
    axes,
    best_torque,
    greedy_policy,
    interpolate,
    load_optimum,
    plan,
)
from helpers.pendulum.physics import (
    GRAVITY,
    MAX_SPEED,
    MAX_TORQUE,
    TIME_LIMIT,
    TIME_STEP,
    accelerate,
    normalise_angle,
    observe,
    reward,
    start_states,
    state_grid,
    step,
)
from helpers.pendulum.regret import Losses, action_cost, regret_map, regrets, where_it_goes
from helpers.pendulum.tabular import TabularQ, TabularQ41, TabularQ401
