"""Ladders with rungs by person, for tests of what the desk does by hand."""

from typing import Any

from migrations_app.models import Ladder

PHONE = {"to": "client", "channel": "phone", "message": "two_step_reminder", "wait_business_days": 1}
WHATSAPP = {**PHONE, "channel": "whatsapp"}
PORTAL = {"to": "old_bsp", "channel": "portal", "message": "two_step_bsp_request", "wait_business_days": 0}
MAIL = {"to": "client", "message": "two_step_reminder", "wait_business_days": 1}
ESCALATE = {"escalate": True, "wait_business_days": 2}


def set_ladder(*rungs: dict[str, Any], slug: str = "two-step-client-owns") -> None:
    """Let cases filed from now on climb these rungs; the first one is due at once."""
    first, *others = rungs
    Ladder.objects.filter(slug=slug).update(steps=[{**first, "wait_business_days": 0}, *others])
