"""Filters of the ticket list. Each offers only what the person may see."""

from collections.abc import Iterable
from typing import Any

from django.contrib.auth import get_user_model
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import DropdownFilter

from config.core import clock
from migrations_app.admin.test_world import WorldFilter
from migrations_app.admin.ticket_clocks import SLA_CHOICES, by_target
from migrations_app.enums import Stage
from migrations_app.enums.disputes import DisputeState
from migrations_app.models import MigrationCase, OwnershipDispute
from providers.selectors.directory import directory
from tickets.enums import ON_HOLD, Party, Priority, TicketStatus
from tickets.models import Ticket
from tickets.selectors.desk import overdue, visible_queues

Choices = Iterable[tuple[str, Any]]


def colleagues(user: Any) -> list[tuple[str, str]]:
    """Return the active agents of the queues that this person sees, as choices."""
    agents = get_user_model().objects.filter(is_active=True, queues__in=visible_queues(user)).distinct()
    return [(str(agent.pk), agent.get_full_name() or agent.get_username()) for agent in agents.order_by("username")]


class StatusFilter(DropdownFilter):
    """By status; the hold flag counts as one."""

    title = _("status")
    parameter_name = "status"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Choices:
        return [*TicketStatus.choices, (ON_HOLD, _("On hold"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Ticket]) -> QuerySet[Ticket]:
        value = self.value()
        if value == ON_HOLD:
            return queryset.filter(on_hold=True)
        return queryset.filter(status=value) if value else queryset


class StageFilter(DropdownFilter):
    """By stage of the case."""

    title = _("stage")
    parameter_name = "stage"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Choices:
        return Stage.choices

    def queryset(self, request: HttpRequest, queryset: QuerySet[Ticket]) -> QuerySet[Ticket]:
        return queryset.filter(stage=self.value()) if self.value() else queryset


class WaitingFilter(DropdownFilter):
    """By the party whose turn it is."""

    title = _("waiting on")
    parameter_name = "waiting_on"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Choices:
        return Party.choices

    def queryset(self, request: HttpRequest, queryset: QuerySet[Ticket]) -> QuerySet[Ticket]:
        return queryset.filter(waiting_on=self.value()) if self.value() else queryset


class PriorityFilter(DropdownFilter):
    """By priority."""

    title = _("priority")
    parameter_name = "priority"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Choices:
        return Priority.choices

    def queryset(self, request: HttpRequest, queryset: QuerySet[Ticket]) -> QuerySet[Ticket]:
        return queryset.filter(priority=self.value()) if self.value() else queryset


class QueueFilter(DropdownFilter):
    """By queue: a lead's all, an agent's own."""

    title = _("queue")
    parameter_name = "queue"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Choices:
        return list(visible_queues(request.user).order_by("name").values_list("slug", "name"))

    def queryset(self, request: HttpRequest, queryset: QuerySet[Ticket]) -> QuerySet[Ticket]:
        return queryset.filter(queue__slug=self.value()) if self.value() else queryset


class BspFilter(DropdownFilter):
    """By old BSP."""

    title = _("old BSP")
    parameter_name = "bsp"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Choices:
        return [*directory().values_list("slug", "name"), ("unknown", _("Not in the directory"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Ticket]) -> QuerySet[Ticket]:
        value = self.value()
        return queryset.filter(origin="" if value == "unknown" else value) if value else queryset


class AssigneeFilter(DropdownFilter):
    """By assignee: me, nobody, or one of the agents of the queues that this person sees."""

    title = _("assignee")
    parameter_name = "assignee"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Choices:
        return [("me", _("Me")), ("nobody", _("Nobody")), *colleagues(request.user)]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Ticket]) -> QuerySet[Ticket]:
        value = self.value()
        if value == "me":
            return queryset.filter(assignee=request.user.pk)
        if value == "nobody":
            return queryset.filter(assignee=None)
        return queryset.filter(assignee=int(value)) if value and value.isdecimal() else queryset


class AgentFilter(DropdownFilter):
    """Calls by the agent who runs them."""

    title = _("agent")
    parameter_name = "agent"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Choices:
        return colleagues(request.user)

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        value = self.value()
        return queryset.filter(agent=int(value)) if value and value.isdecimal() else queryset


class GroupFilter(DropdownFilter):
    """By group reference: offered once a ticket's page has led to its group, since nobody picks one from a list."""

    title = _("group")
    parameter_name = "group"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Choices:
        group = request.GET.get(self.parameter_name, "")[:100]
        return [(group, group)] if group else []

    def queryset(self, request: HttpRequest, queryset: QuerySet[Ticket]) -> QuerySet[Ticket]:
        return queryset.filter(group_reference=self.value()) if self.value() else queryset


class OverdueFilter(DropdownFilter):
    """Open tickets that have waited too long or whose nudge is late."""

    title = _("overdue")
    parameter_name = "overdue"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Choices:
        return [("yes", _("Overdue"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Ticket]) -> QuerySet[Ticket]:
        return overdue(queryset, now=clock.now()) if self.value() == "yes" else queryset


class SlaFilter(DropdownFilter):
    """By service level: a target missed, or soon due."""

    title = _("service level")
    parameter_name = "sla"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Choices:
        return SLA_CHOICES

    def queryset(self, request: HttpRequest, queryset: QuerySet[Ticket]) -> QuerySet[Ticket]:
        return by_target(queryset, self.value())


class AttentionFilter(DropdownFilter):
    """Tickets that ask for a decision: a disputed line, a date on which they are let go, an old BSP that does not answer."""

    title = _("attention")
    parameter_name = "attention"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Choices:
        return [
            ("disputed", _("Ownership disputed")),
            ("letting-go", _("Will be let go")),
            ("bsp-silent", _("Old BSP does not answer")),
        ]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Ticket]) -> QuerySet[Ticket]:
        if self.value() == "disputed":
            disputes = OwnershipDispute.objects.filter(state=DisputeState.OPEN)
            return queryset.filter(pk__in=disputes.values("holder__ticket_id"))
        if self.value() == "bsp-silent":
            silent = MigrationCase.objects.filter(bsp_silent_since__isnull=False)
            return queryset.filter(pk__in=silent.values("ticket_id"))
        return queryset.filter(let_go_at__isnull=False) if self.value() == "letting-go" else queryset


DESK_FILTERS = [
    StatusFilter, StageFilter, WaitingFilter, QueueFilter, BspFilter, AssigneeFilter, PriorityFilter, OverdueFilter, SlaFilter,
    AttentionFilter, WorldFilter, GroupFilter,
]  # fmt: skip
CLIENT_FILTERS = [StatusFilter, StageFilter, WaitingFilter, GroupFilter]
