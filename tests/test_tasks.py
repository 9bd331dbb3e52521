"""The tasks beyond Pendulum: each can be made, trained and filmed as its recipe says."""

import io
import json
import os
import subprocess
import sys
from dataclasses import replace

import gymnasium as gym
import mujoco
import numpy as np
import pytest
import torch
from PIL import Image

from helpers.agent import DDPG
from helpers.evaluation import simulators
from helpers.evaluation.recordings import TASKS_FOLDER, load
from helpers.evaluation.returns import evaluate
from helpers.evaluation.simulators import simplify
from helpers.evaluation.tasks import TASKS, recorded_policy
from helpers.extensions.small import SmallActor
from helpers.networks import Actor
from helpers.plots.video import FRAMES, LARGEST, WIDTH, cut, film, shoot
from helpers.training import train
from tools.docgen import tasks_table
from tools.experiments import EXPERIMENTS
from tools.notebook_io import ROOT
from tools.recordings import Result, settings, table

SHAPES = {  # numbers in a state and in an action, from gymnasium's documentation
    "mountain_car": (2, 1),
    "double_pendulum": (9, 1),
    "hopper": (11, 3),
    "lander": (8, 2),
    "walker": (24, 4),
    "cheetah": (17, 6),
    "ant": (105, 8),
    "humanoid": (348, 17),
}


def rest(states):
    """A policy that does nothing."""
    return np.zeros((len(states), 1), dtype=np.float32)


@pytest.fixture(autouse=True)
def elsewhere(monkeypatch, tmp_path):
    """MuJoCo writes its warnings into a file where it runs."""
    monkeypatch.chdir(tmp_path)


@pytest.mark.parametrize("name", TASKS)
def test_a_thousand_steps_of_training(name):
    """With the task's own recipe, but fewer random steps: updates are to be among them."""
    task = TASKS[name]
    if task.extra == "box2d":
        pytest.importorskip("Box2D")  # it has no wheel for every Python
    env = task.make(seed=0)
    assert (*env.observation_space.shape, *env.action_space.shape) == SHAPES[name]
    recipe = replace(task.recipe, learning_starts=200)
    agent = DDPG(env, seed=0, recipe=recipe, **task.components)
    before = [p.clone() for p in agent.actor.parameters()]
    history = train(env, agent, 1_000)
    assert agent.steps == len(agent.buffer) == 1_000
    assert len(history["critic_loss"][0]) == 801  # from step 200 on
    for old, new in zip(before, agent.actor.parameters(), strict=True):
        assert torch.isfinite(new).all()
        assert not torch.equal(old, new)


@pytest.mark.parametrize(("name", "kind"), [("ant", Actor), ("cheetah", SmallActor)])
def test_the_policy_of_a_file_is_the_actor_that_was_kept(name, kind, tmp_path):
    actor = kind(5, 2)
    torch.save(actor.state_dict(), tmp_path / f"{name}.pt")
    states = np.random.default_rng(0).normal(size=(7, 5)).astype(np.float32)
    with torch.no_grad():
        expected = actor(torch.as_tensor(states)).numpy()
    assert np.array_equal(recorded_policy(name, tmp_path)(states), expected)


@pytest.mark.parametrize("name", TASKS)
def test_the_recorded_policy_fits_its_task(name):
    assert len(TASKS[name].why.split()) > 5
    env, policy = TASKS[name].make(seed=0), recorded_policy(name)
    actions = policy(np.array([env.reset(seed=s)[0] for s in range(5)], dtype=np.float32))
    assert actions.shape == (5, SHAPES[name][1])
    assert np.abs(actions).max() <= 1
    assert load(name, TASKS_FOLDER).settings["task"]["env_id"] == TASKS[name].env_id


def test_the_recorded_policy_of_the_car_earns_what_was_recorded():
    recorded = load("mountain_car", TASKS_FOLDER).scores("chosen")[0]
    returns = evaluate(recorded_policy("mountain_car"), TASKS["mountain_car"].make)
    assert returns.mean() == pytest.approx(recorded, abs=0.1)


def test_mujoco_warns_in_python_and_leaves_no_file(tmp_path, recwarn, capfd):
    TASKS["cheetah"].make().close()  # whose model has a word that is deprecated
    assert not recwarn.list
    assert not capfd.readouterr().err
    assert not list(tmp_path.iterdir())
    model = mujoco.MjModel.from_xml_string(
        "<mujoco><worldbody><body><freejoint/><geom size='1'/></body></worldbody></mujoco>"
    )
    data = mujoco.MjData(model)
    data.qvel[:] = np.nan
    with pytest.warns(UserWarning, match="MuJoCo says: .*QVEL"):
        mujoco.mj_step(model, data)
    assert not list(tmp_path.iterdir())


WALKING = {"_healthy_reward": 1, "_forward_reward_weight": 1}
FACTS = {
    "mountain_car": {"max_speed": 0.07, "goal_position": 0.45},
    "double_pendulum": {"_healthy_reward": 10},
    "hopper": WALKING
    | {"_ctrl_cost_weight": 0.001, "_healthy_z_range": (0.7, np.inf)}
    | {"_healthy_angle_range": (-0.2, 0.2)},
    "cheetah": {"_forward_reward_weight": 1, "_ctrl_cost_weight": 0.1},
    "ant": WALKING | {"_ctrl_cost_weight": 0.5, "_healthy_z_range": (0.2, 1.0)},
    "humanoid": {"_healthy_reward": 5, "_forward_reward_weight": 1.25}
    | {"_ctrl_cost_weight": 0.1, "_healthy_z_range": (1.0, 2.0)},
}


@pytest.mark.parametrize(("name", "facts"), FACTS.items())
def test_rewards_and_ends_are_as_notebook_14_tells(name, facts):
    env = TASKS[name].make().unwrapped
    assert {key: getattr(env, key) for key in facts} == facts
    assert np.abs(env.action_space.high).max() == pytest.approx(0.4 if name == "humanoid" else 1)


def test_a_perfect_episode_of_the_double_pendulum_earns_what_notebook_14_says():
    env = TASKS["double_pendulum"].make()
    env.reset(seed=0)
    env.unwrapped.set_state(np.zeros(3), np.zeros(3))  # upright and at rest
    _, reward, terminated, _, _ = env.step(np.zeros(1, np.float32))
    assert reward == pytest.approx(10 - (1.2 - 2) ** 2, abs=1e-6)
    assert not terminated


CAR = replace(TASKS["mountain_car"], scaled=False)


def test_a_film_shows_every_second_step_up_to_the_end():
    env = CAR.make(render_mode="rgb_array", max_episode_steps=31)
    frames = shoot(env, rest, seed=3, every=2)
    assert len(frames) == 17  # steps 0, 2, ..., 30 and the last, 31
    env.reset(seed=3)
    assert np.array_equal(np.asarray(frames[0]), env.render())
    for _ in range(31):
        env.step(np.zeros(1, np.float32))
    assert np.array_equal(np.asarray(frames[-1]), env.render())
    long = CAR.make(render_mode="rgb_array")
    assert len(shoot(long, rest, seed=3, every=1)) == FRAMES


def test_a_film_is_small_and_moves():
    noise = np.random.default_rng(0).integers(0, 255, (FRAMES, 54, 80, 3), dtype=np.uint8)
    for frames, colours in ((noise, 4), (np.sort(noise // 200 * 200, axis=1), 8)):
        png = cut([Image.fromarray(frame) for frame in frames], seconds=0.05)
        picture = Image.open(io.BytesIO(png))
        assert picture.size == (WIDTH, WIDTH * 54 // 80)  # in proportion to 80 by 54
        assert picture.n_frames == FRAMES
        few = np.unique(np.asarray(picture.convert("RGB")).reshape(-1, 3), axis=0)
        assert len(png) <= LARGEST or len(few) <= colours
    first, second = (np.asarray(picture.seek(k) or picture.convert("RGB")) for k in (0, 30))
    assert not np.array_equal(first, second)


def test_where_nothing_can_be_drawn_one_sentence_says_so(capsys):
    class Blind(gym.Env):
        def render(self):
            raise AttributeError("'NoneType' object has no attribute 'glGetError'")

        def close(self):
            print("closed")

    film(lambda **options: Blind(), rest, seed=0, every=1, alt="A car")
    (line, last) = capsys.readouterr().out.splitlines()
    assert line.startswith("This computer cannot draw it off screen ('NoneType'")
    assert last == "closed"


def test_a_model_of_mujoco_is_made_plain_to_look_at_and_moves_as_before():
    plain, usual = (TASKS["ant"].make(seed=0) for _ in range(2))
    simplify(plain.unwrapped.model)
    model, before = plain.unwrapped.model, usual.unwrapped.model
    assert np.allclose(10 * model.mat_texrepeat, before.mat_texrepeat)
    assert not model.mat_reflectance.any()
    changed = np.flatnonzero(before.tex_data != model.tex_data)
    (sky,) = np.flatnonzero(model.tex_type == mujoco.mjtTexture.mjTEXTURE_SKYBOX)
    start = model.tex_adr[sky]
    later = [adr for adr in model.tex_adr if adr > start]
    assert start <= changed[0]
    assert changed[-1] < min(later, default=len(model.tex_data))
    action = np.full(8, 0.5, np.float32)
    for _ in range(20):
        one, same = plain.step(action), usual.step(action)
    assert np.array_equal(one[0], same[0])
    assert one[1] == same[1]


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere there is always a screen")
def test_only_without_a_screen_another_way_to_draw_is_asked_for(monkeypatch):
    cases = (
        ({}, {"MUJOCO_GL": "egl", "SDL_VIDEODRIVER": "dummy"}),
        ({"DISPLAY": ":0"}, {"DISPLAY": ":0"}),
    )
    for environ, expected in cases:
        monkeypatch.setattr(simulators.os, "environ", environ)
        simulators.off_screen()
        assert environ == expected
    environ = {"MUJOCO_GL": "osmesa"}
    monkeypatch.setattr(simulators.os, "environ", environ)
    simulators.off_screen()
    assert environ["MUJOCO_GL"] == "osmesa"


WITHOUT_EXTRAS = """
import json, sys
sys.modules["mujoco"] = sys.modules["Box2D"] = None  # as if they were not installed
import helpers.training
from test_notebooks import PATHS, perform, stage
from tools import notebook_io
whole = helpers.training.train
helpers.training.train = lambda env, agent, steps, callbacks: whole(env, agent, 1_500, callbacks)
(path,) = (path for path in PATHS if path.name.startswith("14"))
with stage(path, seconds=240) as namespace:
    printed = [perform(cell.source, namespace) for cell in notebook_io.code(notebook_io.read(path))]
print(json.dumps([namespace["READY"], printed]))
"""


def test_the_notebook_goes_on_where_the_extras_are_missing():
    """Its trainings are shortened: nobody looks at their results here."""
    answer = subprocess.run(
        [sys.executable, "-c", WITHOUT_EXTRAS],
        capture_output=True, text=True, env=os.environ | {"PYTHONPATH": f"{ROOT}:{ROOT / 'tests'}"},
    )  # fmt: skip
    assert answer.returncode == 0, answer.stderr
    ready, printed = json.loads(answer.stdout.splitlines()[-1])
    assert ready == ["mountain_car"]
    said = [line for lines in printed for line in lines]
    for extra, number in (("mujoco", 5), ("box2d", 2)):
        command = f'pip install "gymnasium[{extra}]"'
        assert sum(command in line for line in said) == number
    assert sum("needs a package that is missing, see above" in line for line in said) == 7


def test_the_readmes_table_by_hand(tmp_path):
    experiment = EXPERIMENTS["hopper"]
    scores = [{"chosen_at": 1, "chosen": x, "last": x - 100} for x in (50.0, 2_000.26, 99.96)]
    curve = [(0, 1.0, float("nan")), (200_000, 9.0, float("nan"))]
    results = {seed: Result(curve, score) for seed, score in enumerate(scores)}
    text = table("hopper", experiment, settings(experiment), results)
    (tmp_path / "results" / "tasks").mkdir(parents=True)
    for name in ("hopper", "double_pendulum_hasty"):
        (tmp_path / "results" / "tasks" / f"{name}.csv").write_text(text)
    assert len(tasks_table(tmp_path).splitlines()) == 4, "all recordings have a row"
    _, _, row = tasks_table(tmp_path, "main").splitlines()
    assert row == (
        "| `hopper` | Hopper-v5 | 200,000 | 3 | 100.0 | 50.0 | 0.0 "
        "| 2,197.0 (Hopper-v3, 1,000,000 steps, tianshou) |"
    )
