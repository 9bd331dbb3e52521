"""Vital signs: a few numbers that tell early on whether an agent can learn at all."""

import torch


@torch.no_grad()
def vitals(agent) -> dict[str, float]:
    """What an agent has stored lately, and what its networks make of it; all from 1,000 states."""
    rows = agent.buffer.rows[: len(agent.buffer)][-1_000:]
    stored = torch.as_tensor(rows, device=agent.device)
    s, _, r, _, _ = stored.split(agent.buffer.widths, dim=1)
    a = agent.actor(s)
    return {
        "size of the state's largest number": s.square().mean(dim=0).sqrt().max().item(),
        "size of the stored rewards": r.square().mean().sqrt().item(),
        "spread of the actor's actions": a.std(dim=0).mean().item(),
        "mean slope of its tanh": (1 - a.square()).mean().item(),
        "mean Q of the critic": agent.critic(s, a).mean().item(),
        "lowest Q possible so far": r.min().item() / (1 - agent.recipe.gamma),
        "highest Q possible so far": r.max().item() / (1 - agent.recipe.gamma),
    }
