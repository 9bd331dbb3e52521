"""Vital signs: a few numbers that tell early on whether an agent can learn at all."""

import numpy as np
import torch


@torch.no_grad()
def vitals(agent) -> dict[str, float]:
    """What the last 1,000 stored transitions hold, and what the networks make of them."""
    buffer, gamma = agent.buffer, agent.recipe.gamma
    newest = (buffer.added - 1 - np.arange(min(1_000, len(buffer)))) % len(buffer.rows)
    rows = torch.as_tensor(buffer.rows[newest], device=agent.device)
    s, _, r, _, _ = rows.split(buffer.widths, dim=1)
    a, low, high = agent.actor(s), r.min().item(), r.max().item()
    return {
        "state: size of the largest number": s.square().mean(dim=0).sqrt().max().item(),
        "state: smallest spread of a number": s.std(dim=0).min().item(),
        "rewards as stored: size": r.square().mean().sqrt().item(),
        "actor: spread of its actions": a.std(dim=0).mean().item(),
        "actor: mean slope of its tanh": (1 - a.square()).mean().item(),
        "critic: mean Q": agent.critic(s, a).mean().item(),
        "lowest Q with such rewards": min(low, low / (1 - gamma)),  # one of them, or one for ever
        "highest Q with such rewards": max(high, high / (1 - gamma)),
    }
