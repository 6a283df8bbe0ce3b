"""What a message with an invitation says besides what every message about a call says: old and new time, by whose clock."""

from typing import Any

from django.conf import settings
from django.urls import reverse

from migrations_app.models import Notice, PinCall
from migrations_app.selectors.agent_calls import appointment_of, clock_of, numbers_of, references_of
from migrations_app.services.agent_notices import OFF
from migrations_app.services.message_facts import CAMPAIGNS_PAUSE, numbered
from migrations_app.services.rendering import local_time

INVITING = frozenset(
    {"call_booked", "call_moved", "call_cancelled", "agent_call_booked", "agent_call_moved", "agent_call_cancelled"}
)
"""Messages that bring an invitation, or take it back."""


def calendar_context(notice: Notice, call: PinCall) -> dict[str, Any]:
    """Return the facts: for an agent by the agent's clock and by the client's, for the client by its own.

    An agent hears of the whole call, the client of each of its tickets.
    """
    language = notice.language
    if notice.agent is None:
        return {"old_start_local": local_time(notice.moved_from, call.timezone, language) if notice.moved_from else ""}
    zone = clock_of(notice.agent, otherwise=call.timezone)
    # What is taken away is named by the time that the agent knew.
    start = notice.moved_from if notice.message == OFF and notice.moved_from else call.start
    found = appointment_of(call)
    whole = {} if notice.message == OFF else {**numbered(numbers_of(found)), "reference": references_of(found)}
    return whole | {
        "call_start_local": local_time(start, zone, language),
        "call_timezone": zone,
        "campaigns_pause_until_local": local_time(call.start + CAMPAIGNS_PAUSE, zone, language),
        "old_start_local": local_time(notice.moved_from, zone, language) if notice.moved_from else "",
        # One clock is told once.
        "client_start_local": local_time(call.start, call.timezone, language) if call.timezone != zone else "",
        "client_timezone": call.timezone,
        "console_url": settings.PORTERO_BASE_URL + reverse("admin:migrations_app_pincall_console", args=[call.pk]),
        "goes_on": found.goes_on and found.call.agent_id == notice.agent_id,
        "handed_over": found.goes_on and found.call.agent_id != notice.agent_id,
    }
