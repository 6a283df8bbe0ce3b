"""The agents' screen: tickets, calls, chases, routing, set-up, people. Importing it registers every page."""

from migrations_app.admin import (
    calls,
    desk_tasks,
    disputes,
    endpoints,
    exchanges,
    inbox,
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
    "desk_tasks",
    "disputes",
    "endpoints",
    "exchanges",
    "inbox",
    "insight",
    "ladders",
    "people",
    "playbooks",
    "routing",
    "setup",
    "tickets",
    "undelivered",
]
