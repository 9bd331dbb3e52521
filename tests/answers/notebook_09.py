"""Answers to the exercises of notebook 09."""

import re

import numpy as np

from answers.shared import EMPTY, changed
from helpers import losses, targets
from helpers.agent import DDPG
from helpers.checks import (
    check_evaluation,
    check_learn,
    check_one_page,
    check_stopping,
    check_train,
)
from helpers.training import Callback
from tools import notebook_io


def solution(cell_id: str) -> str:
    """The code of a folded solution, without the check in its last line."""
    (path,) = notebook_io.ROOT.glob("notebooks/09_*.ipynb")
    (cell,) = [cell for cell in notebook_io.read(path).cells if cell.id == cell_id]
    lines = re.search(r"```python\n(.*?)\n```", cell.source, re.DOTALL)[1].splitlines()
    assert lines[-1].startswith("check_")
    return "\n".join(lines[:-1]).rstrip() + "\n"


def edits(cell_id: str, name: str):
    """What makes an answer of a solution, in which the first of two texts becomes the second."""
    source = solution(cell_id)

    def edited(*pairs):
        text = source
        for old, new in zip(pairs[::2], pairs[1::2], strict=True):
            assert old in text, old
            text = text.replace(old, new)
        namespace = {"losses": losses, "targets": targets}
        exec(text, namespace)
        return namespace[name]

    return edited


learn = edits("my-learn-solution", "my_learn")
Y = "losses.td_target(batch, agent.target_actor, agent.target_critic, recipe.gamma)"
L = "losses.critic_loss(agent.critic, batch, y)"
MINUS_J = "losses.actor_loss(agent.actor, agent.critic, batch.s)"
BY_HAND = (
    "batch.r + recipe.gamma * (1 - batch.terminated) * "
    "agent.target_critic(batch.s_next, agent.target_actor(batch.s_next))"
)
CLEAR_CRITIC, CLEAR_ACTOR = (
    f"    agent.{name}_optimizer.zero_grad()\n" for name in ("critic", "actor")
)
STEP_CRITIC, STEP_ACTOR = (
    f"    {name}_loss.backward()\n    agent.{name}_optimizer.step()\n"
    for name in ("critic", "actor")
)
FOLLOW_ACTOR, FOLLOW_CRITIC = (
    f"    targets.soft_update(agent.target_{name}, agent.{name}, recipe.tau)\n"
    for name in ("actor", "critic")
)
DRAW = "batch = agent.buffer.sample(recipe.batch_size)\n"
BOTH = '{"critic_loss": critic_loss.item(), "actor_loss": actor_loss.item()}'


def once(agent):
    """An update, the first time; then the same losses again."""
    agent.losses = getattr(agent, "losses", None) or learn()(agent)
    return agent.losses


LEARNING = [
    (learn(), "Right: one batch, the critic, the actor, both targets"),
    (learn(Y, BY_HAND, MINUS_J, "-agent.critic(batch.s, agent.actor(batch.s)).mean()"), "Right"),
    (learn("actor_loss.backward()", "actor_loss.backward(inputs=[*agent.actor.parameters()])"),
     "Right"),
    (DDPG.learn, "Right"),
    *EMPTY,
    (learn(DRAW, "batch = ...\n"), "still to be written"),
    (learn(f"critic_loss = {L}", "critic_loss = ..."), "still to be written"),
    (learn("agent.steps < agent.first_update", "False"), "keep its first two lines"),
    (learn("    critic_loss =", f"    {DRAW}    critic_loss ="), "it drew 2 batches"),
    (learn("recipe.batch_size", "10"), "holds 10 transitions, and recipe.batch_size is 12"),
    (learn(STEP_CRITIC, ""), "the critic hasn't moved"),
    (learn(STEP_ACTOR, ""), "the actor hasn't moved"),
    (learn(CLEAR_CRITIC, ""), "the critic isn't where it should be: its old gradient"),
    (learn(CLEAR_ACTOR, ""), "the actor isn't where it should be: its old gradient"),
    (learn(Y, BY_HAND.replace(" * (1 - batch.terminated)", "")), "1 − terminated is missing"),
    (learn("recipe.gamma", "0.99"), "it is recipe.gamma"),
    (learn(Y, BY_HAND.replace("recipe.gamma * ", "")), "y has no γ"),
    (learn(Y, Y.replace("agent.target_", "agent.")), "y comes from the live networks"),
    (learn(L, f"12 * {L}"), "the critic isn't where it should be: it sums"),
    (learn(L, f"-{L}"), "it climbs its loss"),
    (learn(L, "((agent.critic(batch.s, batch.a) - y.squeeze(1)) ** 2).mean()"), "with line 13"),
    (learn(MINUS_J, f"-{MINUS_J}"), "it goes downhill"),
    (learn(MINUS_J, f"12 * {MINUS_J}"), "J is the mean"),
    (learn(MINUS_J, "-agent.critic(batch.s, batch.a).mean()"), "the actor hasn't moved"),
    (learn(MINUS_J, MINUS_J.replace("agent.critic", "agent.target_critic")),
     "it climbed the critic's target"),
    (learn(MINUS_J, f"{MINUS_J} + agent.actor(batch.s).square().mean()"), "with line 14"),
    (learn(CLEAR_CRITIC + STEP_CRITIC, "", STEP_ACTOR, STEP_ACTOR + CLEAR_CRITIC + STEP_CRITIC),
     "line 13 comes first"),
    (learn(CLEAR_ACTOR + STEP_ACTOR,
           CLEAR_ACTOR + CLEAR_CRITIC + STEP_ACTOR + "    agent.critic_optimizer.step()\n"),
     "the actor's loss has moved it too"),
    (learn("    actor_loss =", "    agent.critic.requires_grad_(False)\n    actor_loss ="),
     "left frozen"),
    (learn(FOLLOW_ACTOR, "", FOLLOW_CRITIC, ""), "the target actor stands still"),
    (learn(FOLLOW_CRITIC, ""), "the target critic stands still"),
    (learn("recipe.tau", "1.0"), "is a copy of its network now"),
    (learn("recipe.tau", "1 - recipe.tau"), "the wrong way round"),
    (learn("recipe.tau", "0.001"), "here 0.25, not 0.001"),
    (learn("recipe.tau", "0.5"), "isn't the fraction τ nearer"),
    (learn(FOLLOW_ACTOR, "", FOLLOW_CRITIC, "",
           CLEAR_CRITIC, FOLLOW_ACTOR + FOLLOW_CRITIC + CLEAR_CRITIC),
     "line 15 comes last"),
    (learn("soft_update(agent.target_critic, agent.critic",
           "soft_update(agent.critic, agent.target_critic"), "line 15 moved the critic"),
    (learn("soft_update(agent.target_actor, agent.actor",
           "soft_update(agent.actor, agent.target_actor"), "line 15 moved the actor"),
    (once, "its second call drew no batch"),
    (learn(BOTH, "0.0"), "it should give back"),
    (learn(".item()", ""), "the losses are tensors"),
    (learn(BOTH, BOTH.replace("actor_loss.item()", "...")), "what's left is the return line"),
    (learn('"actor_loss": actor_loss', '"actor_loss": -actor_loss'), "but actor_loss is"),
]  # fmt: skip


train = edits("my-train-solution", "my_train")
RESET = "        if over:\n            s, _ = env.reset()\n"
EXPLORE = "        a = agent.explore(s)\n"
OBSERVE = "        agent.observe(s, a, r, s_next, terminated, truncated)\n"
LEARN = "        agent.history.record(agent.steps, **agent.learn())\n"
NEXT = "        s = s_next\n"
ENDS = "        over = terminated or truncated\n"
TRAINING = [
    (train(), "Right: each step explores, observes, learns and goes on from there"),
    (train(RESET, "", "over, stop = True, False", "stop, (s, _) = False, env.reset()",
           ENDS, "        if terminated or truncated:\n            s, _ = env.reset()\n"), "Right"),
    *EMPTY,
    (train(RESET + EXPLORE, "        ...\n", OBSERVE + LEARN + NEXT + ENDS, "",
           "        s_next, r, terminated, truncated, _ = env.step(a)\n", ""),
     "still to be written"),
    (train(OBSERVE, ""), "agent.observe counts the steps"),
    (train("agent.steps < steps", "agent.steps <= steps"), "it ended after 10"),
    (train("while agent.steps < steps and not stop", "for _ in range(steps)"), "it ended after 13"),
    (train(ENDS, "        over = terminated\n"), "after an episode that was truncated"),
    (train(ENDS, "        over = truncated\n"), "after an episode that was terminated"),
    (train(ENDS, "        over = False\n"), "after an episode that was truncated"),
    (train(NEXT, ""), "the agent sees the same state twice: s = s_next is missing"),
    (train(NEXT, "", OBSERVE, NEXT + OBSERVE), "s = s_next comes after it"),
    (train("            s, _ = env.reset()", "            if agent.steps in (0, 4):\n"
           "                s, _ = env.reset()\n            else:\n                env.reset()"),
     "a new episode begins in the old one's last state"),
    (train("        if over:\n    ", ""), "it begins a new episode at every step"),
    (train("env.reset()", "env.reset(seed=0)"), "reset without a seed"),
    (train("agent.explore", "agent.act"), "act is the policy without noise"),
    (train(LEARN, ""), "the agent never learns"),
    (train(LEARN, "        agent.learn()\n"), "its losses aren't kept"),
    (train(LEARN, LEARN + LEARN), "the agent learned 18 times"),
    (train(LEARN, "        if terminated or truncated:\n    " + LEARN), "learned 3 times"),
    (train(LEARN, "", OBSERVE, LEARN + OBSERVE), "in this order"),
    (train("s_next, terminated, truncated)", "s_next, terminated or truncated, truncated)"),
     "a time limit is observed as a true end", "the time limit as an end"),
    (train("s_next, terminated, truncated)", "s_next, truncated, terminated)"), "a true end"),
    (train("s_next, terminated, truncated)", "s_next, False, truncated)"), "the two flags"),
    (train("observe(s, a", "observe(s, 0 * a"), "another action or reward"),
    (train("a, r, s_next", "a, 0.1 * r, s_next"), "another action or reward"),
    (train("a, r, s_next", "a, r, s"), "observe gets the next state 0, and the step led to 1"),
    (train("    return agent.history\n", ""), "give back agent.history"),
]  # fmt: skip


def stopping(rule):
    """A callback that ends the run where `rule` holds of all gaps up to now."""
    return changed(Callback, step=lambda self, agent: rule(agent.history["gap"][1]))


def last_within(n, limit=0.1):
    """The right rule for n = 3."""
    return lambda gaps: len(gaps) >= n and (gaps[-n:] <= limit).all()


STOPPING = [
    (stopping(last_within(3)), "Right: your callback ends a run at the third"),
    (Callback, "still to be written"),
    (stopping(last_within(3, limit=0.0)), "and it went on"),
    (stopping(last_within(3, limit=0.0999)), "were 10, 5 and 8 %, and it went on"),
    (stopping(lambda gaps: len(gaps) > 3 and (gaps[-3:] <= 0.1).all()), "the first three gaps"),
    (stopping(last_within(3, limit=0.13)), "the gaps were 11, 5, 5 %"),
    (stopping(last_within(2)), "only two gaps"),
    (stopping(lambda gaps: (gaps <= 0.1).sum() >= 3), "not three in a row"),
    (
        stopping(lambda gaps: len(gaps) >= 3 and gaps[-3:].mean() <= 0.1),
        "the mean is small, but one is not",
    ),
    (stopping(lambda gaps: (gaps[-3:] <= 0.1).all()), "it stopped"),
]


def summed(of=np.sum):
    """An evaluation that gives `of` the rewards of each episode."""

    def evaluate(agent, env, seeds):
        found = []
        for seed in seeds:
            s, _ = env.reset(seed=seed)
            rewards, over = [], False
            while not over:
                s, r, terminated, truncated, _ = env.step(agent.act(s))
                rewards.append(r)
                over = terminated or truncated
            found.append(of(rewards))
        return np.array(found)

    return evaluate


right = summed()


class Changed:
    """An agent or an environment with some methods replaced: a way to make a mistake."""

    def __init__(self, original, **methods):
        self.original, self.methods = original, methods

    def __getattr__(self, name):
        return self.methods.get(name) or getattr(self.original, name)


def learning(agent, env, seeds):
    def act(s):
        agent.learn()
        return agent.act(s)

    return right(Changed(agent, act=act), env, seeds)


def never_ends(agent, env, seeds):
    env.reset(seed=seeds[0])
    while True:
        env.step(np.zeros(1))


EVALUATIONS = [
    (right, "Right: one return from each start, without noise"),
    (lambda *args: right(*args).tolist(), "Right"),
    (lambda agent, env, seeds: np.array([]), "still to be written"),
    *EMPTY,
    (
        lambda agent, env, seeds: right(Changed(agent, act=agent.explore), env, seeds),
        "its noise is on",
        "noise in the evaluation",
    ),
    (learning, "it has practised on the test"),
    (
        lambda agent, env, seeds: right(agent, Changed(env, reset=lambda seed: env.reset()), seeds),
        "the starts aren't those asked for",
    ),
    (lambda *args: np.cumsum(right(*args)), "goes on from episode to episode"),
    (summed(np.mean), "the mean reward of a step"),
    (summed(lambda rewards: rewards[-1]), "the last reward alone"),
    (summed(lambda rewards: sum(rewards[:-1])), "the last reward is missing"),
    (summed(lambda rewards: rewards @ 0.99 ** np.arange(4)), "it discounts"),
    (summed(lambda rewards: rewards[0]), "it stopped after one step"),
    (lambda *args: right(*args).mean(), "for 3 starts it gave the shape (): one return"),
    (
        lambda *args: summed(np.array)(*args).ravel(),
        "for 3 starts it gave the shape (12,): one return",
    ),
    (never_ends, "it went on after the end"),
    (lambda *args: right(*args) / 2, "from seed 4 the return is 2.2, not 1.1"),
]


page = edits("one-page-solution", "ddpg")
GIVEN = "(mu, q, mu_target, q_target), memory"
CRITIC = """            q_adam.zero_grad()
            F.mse_loss(q(s_i, a_i), y).backward()  # line 13
            q_adam.step()
"""
FOLLOW = """            with torch.no_grad():  # line 15
                for p_target, p in zip(targets.parameters(), networks.parameters(), strict=True):
                    p_target.lerp_(p, 0.001)
"""
BEGIN = "            (s, _), noise = env.reset(), 0.0\n"
MU = "mu(torch.from_numpy(s[None])).numpy()[0]"
PAGES = [
    (page(), "Right: your page trains as our agent does, weight for weight"),
    (page(", fused=True", "", "noise - 0.15 * noise", "0.85 * noise", MU,
          "mu(torch.from_numpy(s)).numpy()", "p_target.lerp_(p, 0.001)",
          "p_target.copy_(0.001 * p + 0.999 * p_target)"), "Right"),
    *EMPTY,
    (lambda seed, steps: (..., ...), "still to be written"),
    (page(GIVEN, "mu, q, memory"), "it should give two things"),
    (page(GIVEN, "(mu, q), memory"), "first come four networks"),
    (page(GIVEN, "(q, mu, q_target, mu_target), memory"), "the actor has 122,"),
    (page(GIVEN, GIVEN + ".T"), "has shape (9, 1), not (1, 9)"),
    (page("(400, 300)", "(400, 200)", "(300, 1", "(200, 1", "(1, 300", "(1, 200"),
     "82,001 weights"),
    (page("(seeds[0])", "(seed)"), "the actor starts with other weights"),
    (page("start(nn.Linear(300, 1), 3e-3)", "nn.Linear(300, 1)"), "the actor starts with other"),
    (page("        start(self.layer2, 401**-0.5)\n", ""), "the critic starts with other weights"),
    (page("        self.action = nn.Linear(1, 300, bias=False)\n", "",
          "        self.layer2 =",
          "        self.action = nn.Linear(1, 300, bias=False)\n        self.layer2 ="),
     "layer by layer, as in notebook 3"),
    (page("copy.deepcopy(networks)", "nn.ModuleList([make_mu(), Q()])"), "doesn't start as a copy"),
    (page("    env.reset(seed=seed)\n    (s, _), noise = env.reset(),",
          "    (s, _), noise = env.reset(seed=seed),"), "the first state"),
    (page('gym.wrappers.RescaleAction(gym.make("Pendulum-v1"), -1, 1)', 'gym.make("Pendulum-v1")'),
     "is the action rescaled?", "actions that are not rescaled"),
    (page("uniform(-1, 1, 1)", "uniform(1, 2, 1)"), "clip it to [-1, 1]"),
    (page("uniform(-1, 1, 1)", "normal(0, 0.1, 1)"), "the first 64 actions are uniform"),
    (page("        s = s_next\n", ""), "s = s_next is missing"),
    (page("step >= 63", "step >= 62"), "the first update comes too early"),
    (page("step >= 63", "step >= 64"), "the critic hasn't moved after 64 steps"),
    (page(", weight_decay=1e-2", ""), "the critic's first step isn't ours"),
    (page("size=64", "size=32"), "the critic's first step isn't ours"),
    (page("lr=1e-4", "lr=1e-3"), "the actor's first step is 10 times as long"),
    (page("(-q(", "(q("), "the actor's first step goes the other way", "the actor's sign"),
    (page(CRITIC, "", "            mu_adam.step()\n", "            mu_adam.step()\n" + CRITIC),
     "after the critic's own step"),
    (page("lr=1e-4", "lr=1e-4, weight_decay=1e-2"), "by an Adam with lr=1e-4 alone"),
    (page("copy.deepcopy(networks)", "networks"), "the target actor is the actor itself",
     "a target that is the live network"),
    (page("p, 0.001", "p, 0.0"), "the target actor moves too little"),
    (page(FOLLOW, "", CRITIC, FOLLOW + CRITIC), "the target actor moves too little: line 15"),
    (page("p, 0.001", "p, 1.0"), "moves too far", "hard in place of soft update"),
    (page("            q_adam.zero_grad()\n", ""), "is every gradient cleared"),
    (page("noise - 0.15 * noise + ", ""), "check the noise"),
    (page("np.clip(" + MU + " + noise, -1, 1)", MU + " + noise"), "clip it to [-1, 1]"),
    (page("0.99", "0.95"), "does y use both targets, and γ = 0.99?"),
    (page("mu_target(s_next_i)", "mu(s_next_i)"), "does y use both targets"),
    (page("*s_next, terminated", "*s_next, truncated"), "a time limit isn't an end",
     "the time limit as an end"),
    (page(BEGIN, "            noise = 0.0\n"), "transition 200 (counted from 0) doesn't begin"),
    (page(BEGIN, BEGIN.replace("reset()", "reset(seed=seed)")), "env.reset(), without a seed"),
    (page(BEGIN, "            s, _ = env.reset()\n"), "the noise starts from 0 again",
     "noise that is not reset"),
]  # fmt: skip
ANSWERS = {
    check_learn: LEARNING,
    check_train: TRAINING,
    check_stopping: STOPPING,
    check_evaluation: EVALUATIONS,
    check_one_page: PAGES,
}
