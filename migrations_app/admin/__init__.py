"""The agents' screen: tickets, calls, chases, routing, set-up, people. Importing it registers every page."""

from migrations_app.admin import (
    calls,
    disputes,
    endpoints,
    exchanges,
    insight,
    ladders,
    people,
    playbooks,
    routing,
    setup,
    tickets,
    undelivered,
)

__all__ = [
    "calls",
    "disputes",
    "endpoints",
    "exchanges",
    "insight",
    "ladders",
    "people",
    "playbooks",
    "routing",
    "setup",
    "tickets",
    "undelivered",
]
