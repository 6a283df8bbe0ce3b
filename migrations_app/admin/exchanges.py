"""The exchange log, read-only: what left for whom about the tickets this person may see."""

from django.contrib import admin
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from unfold.decorators import display

from config.core.admin.base import ReadOnlyAdmin
from migrations_app.admin.test_world import WorldFilter, named
from migrations_app.admin.words import EMAIL_WORDS, badge
from migrations_app.models import ChaseAttempt
from providers.models import Exchange
from tickets.selectors.desk import is_lead, visible_tickets

_COLOURS = {"sent": "success", "failed": "danger", "unknown": "danger", "bounced": "danger", "sending": "info"}


@admin.register(Exchange)
class ExchangeAdmin(ReadOnlyAdmin):
    """An agent sees the exchanges of own queues' tickets; a lead all."""

    list_display = ("created_at", "channel", "what", "ticket_reference", "recipient", "state_label", "elapsed_ms")
    list_filter = ("channel", "state", WorldFilter)
    search_fields = ("ticket_reference", "recipient", "title", "=message_id", "=provider_id")
    ordering = ("-id",)
    change_form_before_template = "admin/desk/exchange_before.html"
    empty_note = _(
        "Every message and every call to another system is kept here. Empty means that nothing has left yet."
    )
    fields = (
        "created_at", "finished_at", "channel", "purpose", "subject_key", "ticket_reference", "test", "state", "recipient",
        "copied_to", "reply_to", "language", "title", "body", "message_id", "provider_id", "references", "error", "elapsed_ms",
    )  # fmt: skip

    def get_queryset(self, request: HttpRequest) -> QuerySet[Exchange]:
        rows: QuerySet[Exchange] = super().get_queryset(request)
        if is_lead(request.user):
            return rows
        visible = visible_tickets(request.user)
        # A digest is about several tickets: who may not see one of them may not read it.
        members = ChaseAttempt.objects.filter(exchange=OuterRef("pk"))
        hidden = Exists(members.exclude(chase__case__ticket__in=visible))
        own = Q(ticket_reference__in=visible.values("reference"))
        return rows.filter(own | Exists(members), ~hidden)

    @display(description=_("Purpose"), ordering="purpose")
    def what(self, row: Exchange) -> str:
        """Say in words what a message is; steps at Meta keep their names."""
        words = str(EMAIL_WORDS.get(row.purpose.partition(".")[2], row.purpose))
        return named(row, words)

    @display(description=_("State"))
    def state_label(self, row: Exchange) -> str:
        return badge(row.get_state_display(), _COLOURS.get(row.state, ""))
