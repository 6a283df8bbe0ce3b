"""The agents' screen: tickets, calls, chases, routing, set-up, people. Importing it registers every page."""

from migrations_app.admin import calls, exchanges, people, playbooks, routing, setup, tickets

__all__ = ["calls", "exchanges", "people", "playbooks", "routing", "setup", "tickets"]
