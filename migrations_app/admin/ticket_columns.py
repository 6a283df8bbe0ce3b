"""The columns of the ticket list, two facts a column where they belong together."""

from typing import Any

from django.db.models import F
from django.utils.formats import date_format
from django.utils.html import format_html
from django.utils.timesince import timesince
from django.utils.timezone import localtime
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from unfold.decorators import display

from config.core import clock
from migrations_app.admin.test_world import named
from migrations_app.admin.ticket_clocks import target_badge
from migrations_app.admin.words import PARTY_COLOURS, STAGE_COLOURS, STATUS_COLOURS, badge
from migrations_app.enums import Stage
from tickets.enums import ON_HOLD, Party
from tickets.models import Ticket


class TicketColumns:
    """What a row of the list tells."""

    @display(description=_("Client"), header=True)
    def client(self, ticket: Ticket) -> list[str]:
        return [named(ticket, ticket.client_name), ticket.client_reference]

    @display(description=_("Stage, status"))
    def stage_label(self, ticket: Ticket) -> str:
        """Say how far the case is, and below it where the ticket stands, in other words; a draft has no stage."""
        words, key = (gettext("On hold"), ON_HOLD) if ticket.on_hold else (ticket.get_status_display(), ticket.status)
        status = badge(words, STATUS_COLOURS.get(key, ""))
        if not ticket.stage:
            return status
        how_far = str(Stage(ticket.stage).label)
        stage = badge(how_far, STAGE_COLOURS.get(ticket.stage, ""))
        if how_far == words:
            return stage
        return format_html('{}<div class="pt-second">{}</div>', stage, status)

    @display(description=_("Waiting on"), ordering="waiting_since")
    def waiting_label(self, ticket: Ticket) -> str:
        """Say on whom, and for how long."""
        words = badge(ticket.get_waiting_on_display(), PARTY_COLOURS.get(ticket.waiting_on, ""))
        if ticket.waiting_on == Party.NOBODY:
            return words
        since = timesince(ticket.waiting_since, clock.now(), depth=1)
        return format_html('{}<div class="pt-second">{}</div>', words, since)

    @display(description=_("Queue, assignee"))
    def worked_by(self, ticket: Ticket) -> str:
        agent = ticket.assignee
        name = (agent.get_full_name() or agent.get_username()) if agent else gettext("nobody")
        return format_html('{}<div class="pt-second">{}</div>', ticket.queue or "–", name)

    @display(description=_("Old BSP"))
    def old_bsp(self, ticket: Any) -> str:
        return ticket.bsp_name or "–"

    @display(description=_("Next nudge"), ordering="next_nudge_at")
    def nudge(self, ticket: Ticket) -> str:
        return date_format(localtime(ticket.next_nudge_at), "D j M, H:i") if ticket.next_nudge_at else "–"

    @display(description=_("Next target"), ordering=F("sla_due_at").asc(nulls_last=True))
    def target(self, ticket: Ticket) -> str:
        return target_badge(ticket)
