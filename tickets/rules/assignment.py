"""Sharing a queue's work among its agents: in turn, or to whoever has the least on the table."""

from collections.abc import Mapping, Sequence


def next_in_turn(agents: Sequence[int], last: int | None) -> int | None:
    """Return the agent after `last` in ascending order of ids, beginning anew after the highest; None without agents.

    Agents who come or go change nothing for the others: `last` need not be one of them any more.
    """
    ordered = sorted(agents)
    if not ordered:
        return None
    return next((agent for agent in ordered if last is None or agent > last), ordered[0])


def least_loaded(agents: Sequence[int], loads: Mapping[int, int], last: int | None = None) -> int | None:
    """Return the agent with the fewest open tickets (missing means none); None without agents.

    Among equals it is the next in turn after `last`, so that a quiet morning does not always begin with the same person.
    """
    if not agents:
        return None
    fewest = min(loads.get(agent, 0) for agent in agents)
    return next_in_turn([agent for agent in agents if loads.get(agent, 0) == fewest], last)
