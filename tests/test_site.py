"""The site's pendulum: what its JavaScript computes is what gymnasium, PyTorch and helpers do."""

import json
import re
import shutil
import subprocess

import gymnasium as gym
import numpy as np
import pytest

from helpers.agent import DDPG
from helpers.evaluation.recordings import load
from helpers.evaluation.returns import EVALUATION_STARTS
from helpers.networks import Actor
from helpers.pendulum import physics
from helpers.pendulum.controllers import rollout
from helpers.pendulum.optimum import interpolate, load_optimum
from helpers.plots import style
from helpers.plots.maps import torque_map
from tools import site
from tools.experiments import EXPERIMENTS, FIRST_SEED

NODE = shutil.which("node")
needs_node = pytest.mark.skipif(not NODE, reason="node is missing; the browser's tests need none")
STARTS = EVALUATION_STARTS[:20]
ABOUT = json.loads((site.FOLDER / "actors.json").read_text(encoding="utf-8"))
ACTORS = site.stored()

RUN = """
import { readFileSync } from "node:fs";
import * as js from "./pendulum.mjs";
const read = (name) => new Uint8Array(readFileSync(name)).buffer;
const actor = (index) => new js.Actor(read("actors.bin"), index);
const optimum = new js.Optimum(read("optimum.bin"));
const drive = (start, controller) => {
  const rod = new js.Pendulum(start);
  for (let t = 0; t < js.TIME_LIMIT; t++) rod.push(controller.torque(rod.state));
  return rod.total;
};
const given = JSON.parse(readFileSync(0));
const answer = (() => { %s })();
console.log(JSON.stringify(answer));
"""


@pytest.fixture(scope="module")
def node(tmp_path_factory):
    """Runs a function's body in node: it knows `js`, the module, and what it is `given`."""
    folder = tmp_path_factory.mktemp("node")
    shutil.copy(site.FOLDER / "pendulum.js", folder / "pendulum.mjs")  # .js may be another kind
    for name in ("actors.bin", "optimum.bin"):
        shutil.copy(site.FOLDER / name, folder)

    def run(body, **given):
        (folder / "run.mjs").write_text(RUN % body, encoding="utf-8")
        done = subprocess.run(
            [NODE, "run.mjs"], cwd=folder, input=json.dumps(given), text=True, capture_output=True
        )
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)

    return run


def some_states(n, seed=0):
    """Angles, some beyond a whole turn, and velocities, of which some are extreme."""
    rng = np.random.default_rng(seed)
    theta, velocity = rng.uniform(-3 * np.pi, 3 * np.pi, n), rng.uniform(-8, 8, n)
    theta[:4], velocity[:4] = [np.pi, -np.pi, 0, 3.139], [8, -8, 0, 8]
    return theta, velocity


def as_states(theta, velocity):
    both = np.column_stack([theta, velocity]).tolist()
    return [{"angle": angle, "velocity": speed} for angle, speed in both]


# ---- the module against Python ----


@needs_node
def test_its_constants_are_those_of_the_physics(node):
    known = node("return [js.MAX_TORQUE, js.MAX_SPEED, js.TIME_STEP, js.TIME_LIMIT];")
    constants = [physics.MAX_TORQUE, physics.MAX_SPEED, physics.TIME_STEP, physics.TIME_LIMIT]
    assert known == constants


@needs_node
def test_an_angle_wraps_as_in_python(node):
    theta = np.concatenate([some_states(200)[0], np.arange(-8, 9) * np.pi / 2])
    wrapped = node("return given.theta.map(js.wrap);", theta=theta.tolist())
    there, here = np.exp(1j * np.array(wrapped)), np.exp(1j * physics.normalise_angle(theta))
    np.testing.assert_allclose(there, here, atol=1e-12)  # the same direction
    assert np.min(wrapped) >= -np.pi
    assert np.max(wrapped) < np.pi


@needs_node
def test_200_steps_are_those_of_gymnasium(node):
    """From 20 states, with random torques of which some are beyond the limit."""
    env = gym.make("Pendulum-v1").unwrapped
    theta, velocity = some_states(20, seed=1)
    torques = np.random.default_rng(2).uniform(-3, 3, (20, 200)).astype(np.float32)
    paths = []
    for start, series in zip(np.column_stack([theta, velocity]), torques, strict=True):
        env.reset(seed=0)
        env.state = start
        path = []
        for torque in series:
            _, reward, *_ = env.step(np.array([torque]))
            path.append([*env.state, reward])
        paths.append(path)
    body = """
      return given.starts.map((state, i) => given.torques[i].map((torque) => {
        const { reward, ...next } = js.step(state, torque);
        state = next;
        return [next.angle, next.velocity, reward];
      }));"""
    found = node(body, starts=as_states(theta, velocity), torques=torques.tolist())
    np.testing.assert_allclose(found, paths, rtol=0, atol=1e-6)
    assert np.max(np.abs(np.array(paths)[..., 0])) > 4 * np.pi, "none of them goes round"
    assert np.max(np.abs(np.array(paths)[..., 1])) == 8, "none of them reaches the speed limit"


@needs_node
def test_every_actor_is_pytorchs_with_the_stored_weights(node):
    theta, velocity = some_states(300)
    found = node(
        "return given.steps.map((_, i) => { const a = actor(i);"
        " return given.states.map((s) => a.torque(s)); });",
        steps=ABOUT["steps"], states=as_states(theta, velocity),
    )  # fmt: skip
    for (step, weights), torques in zip(ACTORS.items(), found, strict=True):
        actions = site.policy(weights)(physics.observe(theta, velocity))[:, 0]
        difference = np.max(np.abs(np.array(torques) - physics.MAX_TORQUE * actions))
        assert difference < 1e-4, f"step {step}"


@needs_node
def test_the_best_torque_is_interpolated_in_helpers_table(node):
    theta, velocity = some_states(2_000)
    table = load_optimum().torque[:: site.COARSER, :: site.COARSER]
    expected = interpolate(table, theta, velocity)
    found = node(
        "return given.states.map((s) => optimum.torque(s));", states=as_states(theta, velocity)
    )
    np.testing.assert_allclose(found, expected, rtol=0, atol=1e-5)
    shape = node("return [js.ANGLES, js.VELOCITIES];")
    assert tuple(shape) == table.shape


@needs_node
def test_a_race_ends_as_it_does_in_python(node):
    starts = physics.start_states(STARTS)
    states = as_states(*starts)
    found = np.array(node(
        "return given.states.map((s) => [drive(s, actor(given.last)), drive(s, optimum)]);",
        states=states, last=len(ACTORS) - 1,
    ))  # fmt: skip
    agent = rollout(site.policy(ACTORS[20_000]), *starts).reward.sum(axis=0)
    np.testing.assert_allclose(found[:, 0], agent, rtol=0, atol=0.01)
    best = load_optimum().optimal_returns(STARTS)
    assert np.mean(best - found[:, 1]) < 0.005 * abs(np.mean(best))
    assert np.max(best - found[:, 1]) < 5


@needs_node
def test_the_map_has_its_axes_the_right_way_round(node):
    body = """
      const map = new Float32Array(31 * 31).fill(NaN);
      const work = js.makeMap(map, 31, actor(3));
      let made = 0, half;
      while (!work.next().done) if (++made === 31 * 8) half = Array.from(map);
      return { made, half: half.map(Number.isFinite), map: Array.from(map) };"""
    found = node(body)
    assert found["made"] == 31 * 31, "each node once"
    assert sum(found["half"]) > 0.9 * 31 * 31, "it isn't coarse at first"
    expected = torque_map(site.policy([*ACTORS.values()][3]), 31)[::-1]  # the fastest on top
    np.testing.assert_allclose(np.reshape(found["map"], (31, 31)), expected, atol=1e-4)


@needs_node
def test_a_hand_is_as_weak_as_the_motor_unless_it_carries(node):
    theta, velocity = some_states(200)
    body = """
      return given.states.map((s) => {
        const pulled = [-3, 0, 3].map((angle) => js.pull(s, angle));
        let carried = s, fastest = 0;
        for (let t = 0; t < 20; t++) {
          carried = js.carry(carried, 1);
          fastest = Math.max(fastest, Math.abs(carried.velocity));
        }
        return { pulled, angle: js.wrap(carried.angle), rest: carried.velocity, fastest };
      });"""
    for hand in node(body, states=as_states(theta, velocity)):
        assert np.max(np.abs(hand["pulled"])) <= physics.MAX_TORQUE
        assert hand["fastest"] <= physics.MAX_SPEED
        assert (hand["angle"], hand["rest"]) == pytest.approx((1, 0), abs=1e-9)
    toward = node("return [js.pull({angle: 3, velocity: 0}, 3.2), js.pull(given, 2.8)];",
                  angle=3, velocity=0)  # fmt: skip
    assert toward == pytest.approx([2, -2])


@needs_node
def test_a_random_start_is_in_the_lower_half(node):
    starts = node("return Array.from({length: 500}, () => js.randomStart());")
    angles = np.array([start["angle"] for start in starts])
    assert np.all(np.cos(angles) <= 1e-9)
    assert np.ptp(angles) > 3
    assert max(abs(start["velocity"]) for start in starts) <= 1


# ---- what is stored ----


def test_the_actors_are_those_of_a_recorded_run():
    """Their returns, with the weights as stored, beside those of seed 1000 in the recording."""
    run = load("modern")
    (returns,) = run.returns[run.seeds == FIRST_SEED].tolist()
    recorded = dict(zip(run.steps.tolist(), returns, strict=True))
    both = {s: r for s, r in zip(ABOUT["steps"], ABOUT["returns"], strict=True) if s in recorded}
    assert len(both) >= 6
    for step, mean in both.items():
        assert mean == pytest.approx(recorded[step], abs=0.2), step


def test_the_first_actor_is_one_that_has_learned_nothing():
    experiment = EXPERIMENTS["modern"]
    fresh = DDPG(experiment.make(FIRST_SEED), seed=FIRST_SEED, recipe=experiment.recipe)
    content = (site.FOLDER / "actors.bin").read_bytes()
    packed = site.pack(site.weights(fresh.policy))
    assert content[: len(packed)] == packed


def test_the_tool_trains_what_is_stored():
    """The first hundred updates; on another kind of processor they round differently."""
    kept = site.trained((0, 600))
    assert [*kept] == [0, 600]
    states = physics.observe(*some_states(200))
    for step, weights in kept.items():
        actions = site.policy(weights)(states)
        np.testing.assert_allclose(site.policy(ACTORS[step])(states), actions, atol=0.02)


def test_packing_costs_at_most_half_a_whole_number():
    weights = site.weights(Actor(3, 1))
    again = site.unpack(site.pack(weights))
    assert again.keys() == weights.keys()
    for name, w in weights.items():
        if name != "layer2.weight":
            np.testing.assert_array_equal(again[name], w)
    scale = np.abs(weights["layer2.weight"]).max(axis=1, keepdims=True) / 127
    errors = np.abs(again["layer2.weight"] - weights["layer2.weight"]) / scale
    assert errors.max() <= 0.5001


def test_writing_again_changes_nothing(tmp_path):
    """Packed once more, the weights stay as they are; their returns may round differently."""
    assert tuple(ACTORS) == site.STEPS
    site.write_optimum(tmp_path)
    site.write_actors(ACTORS, tmp_path)
    for name in ("actors.bin", "optimum.bin"):
        assert (tmp_path / name).read_bytes() == (site.FOLDER / name).read_bytes(), name
    again = json.loads((tmp_path / "actors.json").read_text(encoding="utf-8"))
    assert again.keys() == ABOUT.keys()
    for name, numbers in again.items():
        assert numbers == pytest.approx(ABOUT[name], abs=0.5), name


# ---- the files ----


def test_it_is_small():
    files = [path for path in site.FOLDER.iterdir() if path.is_file()]
    assert sum(path.stat().st_size for path in files) < 2_500_000
    assert (site.FOLDER / "optimum.bin").stat().st_size < 300_000
    lines = {path.name: len(path.read_text(encoding="utf-8").splitlines())
             for path in files if path.suffix in {".js", ".css"}}  # fmt: skip
    for name, most in {
        "pendulum.js": 175,
        "draw.js": 110,
        "page.js": 300,
        "style.css": 110,
    }.items():
        assert lines[name] <= most, name


def test_its_colours_are_the_house_colours():
    css = (site.FOLDER / "style.css").read_text(encoding="utf-8")
    for name in ("BLUE", "ORANGE", "GREEN", "RED", "SKY", "INK", "GREY"):
        assert getattr(style, name).lower() in css, name


def test_it_names_no_other_host():
    for path in site.FOLDER.iterdir():
        if path.suffix in {".html", ".js", ".css", ".json"}:
            hosts = set(re.findall(r"//([\w.-]+\.\w+)", path.read_text(encoding="utf-8")))
            assert hosts <= {"www.w3.org"}, path.name  # the icon's XML namespace
