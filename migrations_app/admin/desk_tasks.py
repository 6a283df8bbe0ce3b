"""The agents' list of what is to be done by hand, and the addresses of one task. Agents see those of own queues' tickets."""

from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import Model, QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html
from django.utils.timesince import timesince
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import ChoicesDropdownFilter, DropdownFilter
from unfold.decorators import display

from config.core import clock
from config.core.admin.base import ReadOnlyAdmin, ShortCount
from migrations_app.admin import desk_task_page
from migrations_app.admin.task_words import PRIORITY_COLOURS
from migrations_app.admin.test_world import CaseWorldFilter, named
from migrations_app.admin.ticket_filters import Choices, QueueFilter
from migrations_app.admin.words import badge
from migrations_app.enums import DeskTaskState
from migrations_app.models import DeskTask
from migrations_app.rules.desk_tasks import waits_too_long
from migrations_app.selectors.desk_tasks import RANK, by_urgency, desk_calendars, visible_tasks
from tickets.enums import Priority

READ = {"GET", "HEAD"}


def open_count(request: HttpRequest) -> str:
    """Return how many tasks wait in the queues of this person, for the sidebar; nothing where there are none."""
    if not request.user.has_perm("migrations_app.view_desktask"):
        return ""
    found = visible_tasks(request.user).filter(state=DeskTaskState.OPEN, case__ticket__test__in=[False]).count()
    return str(found) if found else ""


class StateFilter(DropdownFilter):
    """What is to be done, unless somebody looks for what was done."""

    title = _("state")
    parameter_name = "state"
    all_option = ["", _("To do")]

    def lookups(self, request: HttpRequest, model_admin: Any) -> Choices:
        return [*((value, label) for value, label in DeskTaskState.choices if value != DeskTaskState.OPEN)]

    def queryset(self, request: HttpRequest, queryset: QuerySet[DeskTask]) -> QuerySet[DeskTask]:
        return queryset.filter(state=self.value() or DeskTaskState.OPEN)


class WhoseFilter(DropdownFilter):
    """Tasks of tickets that are mine, or nobody's."""

    title = _("assignee")
    parameter_name = "assignee"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Choices:
        return [("me", _("Me")), ("nobody", _("Nobody"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[DeskTask]) -> QuerySet[DeskTask]:
        if self.value() == "me":
            return queryset.filter(case__ticket__assignee=request.user.pk)
        return queryset.filter(case__ticket__assignee=None) if self.value() == "nobody" else queryset


class TaskQueueFilter(QueueFilter):
    """By the ticket's queue: a lead's all, an agent's own."""

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        return queryset.filter(case__ticket__queue__slug=self.value()) if self.value() else queryset


@admin.register(DeskTask)
class DeskTaskAdmin(ReadOnlyAdmin):
    """What a person has to do: call, write, ask on a portal, judge an answer. Urgent tickets first, then the longest waiting."""

    list_display = ("what", "ticket_link", "with_whom", "there_now", "since", "priority_label", "assigned")
    list_display_links = ("what",)
    list_filter = (StateFilter, ("kind", ChoicesDropdownFilter), WhoseFilter, TaskQueueFilter, CaseWorldFilter)
    list_filter_submit = True
    empty_note = _(
        "What only a person can do: call, write on WhatsApp, ask on a portal, read an answer. Tasks appear by themselves when "
        "a ladder needs one. Empty means that nobody waits for you."
    )
    list_fullwidth = True
    list_per_page = 50
    paginator = ShortCount
    search_fields = ("case__ticket__reference", "case__ticket__client_name", "contact")
    list_select_related = ("case__ticket__assignee", "case__current_bsp")
    ordering = (RANK.asc(), "created_at", "id")

    def get_queryset(self, request: HttpRequest) -> QuerySet[DeskTask]:
        return by_urgency(visible_tasks(request.user)).order_by(*self.ordering)

    def has_view_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return request.user.has_perm("migrations_app.view_desktask")

    def get_urls(self) -> list[URLPattern]:
        """The list, one task, and its outcome."""
        wrap = self.admin_site.admin_view
        own = [
            path("<int:task_id>/change/", wrap(self.page_view), name="migrations_app_desktask_change"),
            path("<int:task_id>/outcome/", wrap(self.outcome_view), name="migrations_app_desktask_outcome"),
        ]
        return [*own, *super().get_urls()]

    def get_changelist_instance(self, request: HttpRequest) -> Any:
        """The list, with what its columns must know of each row: the moment, and whether it has waited too long."""
        changelist = super().get_changelist_instance(request)
        changelist.title = gettext("Tasks")
        now, desk_hours = clock.now(), desk_calendars()
        for row in changelist.result_list:
            hours = desk_hours(row.case.ticket) if row.state == DeskTaskState.OPEN else None
            row.seen_at = now
            row.late = hours is not None and waits_too_long(row.created_at, now, hours)
        return changelist

    def _visible_or_404(self, request: HttpRequest, task_id: int) -> DeskTask:
        if not self.has_view_permission(request):
            raise PermissionDenied
        rows = visible_tasks(request.user).select_related(
            "case__ticket__queue", "case__ticket__organization", "case__current_bsp", "attempt__chase", "number"
        )
        found = rows.filter(pk=task_id).first()
        if found is None:
            raise Http404
        return found

    def page_view(self, request: HttpRequest, task_id: int) -> HttpResponse:
        """Show what is to be done, with all that is needed for it."""
        task = self._visible_or_404(request, task_id)
        if request.method not in READ:
            return HttpResponseNotAllowed(sorted(READ))
        return self._render(request, task)

    def outcome_view(self, request: HttpRequest, task_id: int) -> HttpResponse:
        """Record what became of it.

        :raises PermissionDenied: this person does not work on tickets.
        :raises Http404: there is no such task among those this person may see.
        """
        task = self._visible_or_404(request, task_id)
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        if not request.user.has_perm("tickets.change_ticket"):
            raise PermissionDenied
        return desk_task_page.take_outcome(request, task) or self._render(request, task, entered=request.POST)

    def _render(self, request: HttpRequest, task: DeskTask, *, entered: Any = None) -> HttpResponse:
        request.current_app = self.admin_site.name
        frame = {**self.admin_site.each_context(request), "opts": self.model._meta, "media": self.media}
        context = desk_task_page.context_of(task, user=request.user, now=clock.now(), entered=entered)
        return TemplateResponse(request, "admin/desk/task.html", {**frame, **context})

    # Columns ------------------------------------------------------------------------------------------------------

    @display(description=_("What"), ordering="kind")
    def what(self, row: DeskTask) -> str:
        return str(row.get_kind_display())

    @display(description=_("Ticket"))
    def ticket_link(self, row: DeskTask) -> str:
        ticket = row.case.ticket
        url = reverse("admin:tickets_ticket_change", args=[ticket.pk])
        return format_html('<a href="{}">{}</a> · {}', url, ticket.reference, named(ticket, ticket.client_name))

    @display(description=_("With"))
    def with_whom(self, row: DeskTask) -> str:
        return desk_task_page.name_of(row)

    @display(description=_("There it is"))
    def there_now(self, row: Any) -> str:
        if not row.recipient_party or row.state != DeskTaskState.OPEN:
            return "–"
        there = desk_task_page.there(row, row.seen_at)
        words = gettext("open now") if there.open else gettext("closed now")
        return format_html("{} {}", there.clock, badge(words, "success" if there.open else ""))

    @display(description=_("Waiting"), ordering="created_at")
    def since(self, row: Any) -> str:
        waits = timesince(row.created_at, row.done_at or row.seen_at, depth=1)
        return badge(waits, "danger") if row.late else waits

    @display(description=_("Priority"), ordering="rank")
    def priority_label(self, row: DeskTask) -> str:
        priority = row.case.ticket.priority
        colour = PRIORITY_COLOURS.get(priority)
        return badge(Priority(priority).label, colour) if colour else str(Priority(priority).label)

    @display(description=_("Assignee"))
    def assigned(self, row: DeskTask) -> str:
        agent = row.case.ticket.assignee
        return (agent.get_full_name() or agent.get_username()) if agent else "–"
