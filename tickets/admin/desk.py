"""Queues, and who acts. The ticket itself is shown by the app that knows what it is about."""

from collections.abc import Sequence
from typing import Any

from django.contrib import admin
from django.db.models import Count, Model, Q, QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from unfold.decorators import display

from config.core.actor import Actor
from config.core.admin.base import DeskModelAdmin, user_actor
from tickets.enums import OPEN_STATUSES
from tickets.models import Queue
from tickets.selectors.desk import is_agent, visible_queues


def actor_of(request: HttpRequest) -> Actor:
    """Return the signed-in person as the actor of what this request does."""
    membership = getattr(request.user, "membership", None)
    return user_actor(
        request,
        of_desk=is_agent(request.user),
        organization_id=membership.organization_id if membership else None,
    )


@admin.register(Queue)
class QueueAdmin(DeskModelAdmin):
    """Inboxes and who works in them. An agent sees own ones: how much lies in another is not told either."""

    list_display = (
        "name",
        "slug",
        "is_triage",
        "reviews_claims",
        "tries_claims",
        "assignment",
        "agent_names",
        "open_tickets",
    )
    search_fields = ("name", "slug")
    ordering = ("name", "id")
    filter_horizontal = ("agents",)
    fields = (
        "name",
        "slug",
        "is_triage",
        "reviews_claims",
        "tries_claims",
        "assignment",
        "keep_group_together",
        "agents",
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[Queue]:
        rows: QuerySet[Queue] = visible_queues(request.user).order_by(*self.ordering).prefetch_related("agents")
        opened = Count("tickets", filter=Q(tickets__status__in=list(OPEN_STATUSES)))
        return rows.annotate(open_count=opened)

    def get_prepopulated_fields(self, request: HttpRequest, obj: Model | None = None) -> dict[str, Sequence[str]]:
        """Propose a slug for a new queue only: rules and partners know a queue by it."""
        return {} if obj else {"slug": ("name",)}

    @display(description=_("Agents"))
    def agent_names(self, row: Queue) -> str:
        return ", ".join(user.get_full_name() or user.get_username() for user in row.agents.all()) or "–"

    @display(description=_("Open tickets"), ordering="open_count")
    def open_tickets(self, row: Any) -> int:
        return int(row.open_count)
