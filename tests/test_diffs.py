"""The diffs of the bug hunt say what is different, and nothing else."""

import re

import pytest

from helpers.recipes import modern
from tools import docgen
from tools.diffs import difference
from tools.experiments import EXPERIMENTS
from tools.notebook_io import ROOT, Complaint


def changes(name):
    """The lines that a diff takes away and puts in, without its headings."""
    lines = re.sub(r"\s+#.*", "", difference(EXPERIMENTS[name])).splitlines()
    return [line for line in lines if line[0] in "+-" and line[:4] not in ("--- ", "+++ ")]


def test_a_component_is_compared_with_the_default_one():
    assert difference(EXPERIMENTS["broadcast"]) == (
        "--- right: losses.critic_loss\n"
        "+++ wrong: bugs.broadcast_critic_loss\n"
        " def critic_loss(q: nn.Module, batch: Batch, y: torch.Tensor) -> torch.Tensor:\n"
        "-    return F.mse_loss(q(batch.s, batch.a), y)  # both (N, 1)\n"
        "+    return ((y.squeeze(1) - q(batch.s, batch.a)) ** 2).mean()"
    )


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("no_noise", [f"-sigma={modern.sigma},", "+sigma=0.0,"]),
        ("wrong_sign", ["-    return -q(s, mu(s)).mean()", "+    return q(s, mu(s)).mean()"]),
        ("no_warmup", [f"-learning_starts={modern.learning_starts},", "+learning_starts=64,"]),
        ("no_zero_grad", ["-    optimizer.zero_grad()"]),
        (
            "time_limit_as_end",  # a method that calls the right one
            [
                "-    super().observe(s, a, r, s_next, terminated, truncated)",
                "+    super().observe(s, a, r, s_next, terminated or truncated, truncated)",
            ],
        ),
        (
            "biased_noise",  # a noise of its own is code, and not a setting
            [
                "-    kick = self.rng.standard_normal(self.x.shape, dtype=np.float32)",
                "+    kick = self.rng.random(self.x.shape, dtype=np.float32)",
            ],
        ),
        (
            "one_start",  # a function that calls the right one, and a class that it needs
            [
                "-    return make_env(env=env, seed=seed, **options)",
                "+    return SameSeed(make_env(env=env, seed=seed, **options))",
                "-    return super().reset(seed=seed, options=options)",
                "+    return super().reset(seed=self.unwrapped.np_random_seed, options=options)",
            ],
        ),
        ("no_detach", ["+    self.target_actor, self.target_critic = self.actor, self.critic",
                       "-@torch.no_grad()"]),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)  # fmt: skip
def test_only_the_mistake_is_marked(name, expected):
    assert changes(name) == expected


def test_what_two_components_need_is_shown_once():
    text = difference(EXPERIMENTS["fan_out"])
    assert text.count("+    start_by_fan_out(self.layer1, self.layer2") == 2
    assert text.count("+def start_by_fan_out(") == 1


def test_the_right_recipe_has_no_diff():
    assert difference(EXPERIMENTS["modern"]) == ""


def test_a_diff_is_a_fenced_block_between_markers():
    text, complaints = docgen.fill("<!-- from: diff broadcast --><!-- /from -->", ROOT, "x")
    assert not complaints
    assert "-->\n\n```diff\n--- right: losses.critic_loss\n" in text
    assert text.endswith(".mean()\n```\n\n<!-- /from -->")


def test_an_unknown_experiment_is_a_complaint():
    with pytest.raises(Complaint, match="knows no experiment brodcast"):
        docgen.diff(ROOT, "brodcast")
