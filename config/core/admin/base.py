"""What the admin classes of all apps share: times and actors come in at this edge."""

from typing import Any

from django.contrib.admin import ShowFacets
from django.core.paginator import Paginator
from django.db.models import Model, QuerySet
from django.forms import ModelForm
from django.forms.models import BaseModelFormSet
from django.http import HttpRequest
from django.utils.functional import cached_property
from unfold.admin import ModelAdmin

from config.core import clock
from config.core.actor import Actor, ActorKind
from config.core.models import TimestampedModel


class ShortCount(Paginator):  # type: ignore[type-arg]  # not subscriptable at run time
    """Pages of a list that may be long: rows are counted up to a limit, since counting all of them reads them all.

    Whoever looks for something older narrows the list.
    """

    limit = 5000

    @cached_property
    def count(self) -> int:
        """Return the number of rows, at most the limit."""
        rows = self.object_list
        if not isinstance(rows, QuerySet):
            return len(rows)
        return int(rows.order_by().values("pk")[: self.limit].count())


def user_actor(request: HttpRequest, *, of_desk: bool, organization_id: int | None = None) -> Actor:
    """Return the signed-in person as the actor of what this request does."""
    user: Any = request.user
    return Actor(
        kind=ActorKind.USER,
        label=user.get_full_name() or user.get_username(),
        id=user.pk,
        organization_id=organization_id,
        is_staff_of_desk=of_desk,
        request_id=getattr(request, "request_id", None),
    )


def stamp(row: Model) -> None:
    """Set the times of a row that is about to be saved."""
    if isinstance(row, TimestampedModel):
        row.updated_at = clock.now()
        if row._state.adding:  # noqa: SLF001  (Django's documented way to tell a new row)
            row.created_at = row.updated_at


class DeskModelAdmin(ModelAdmin):
    """Rows of the set-up: stamped when saved; deleting one by one at most."""

    actions = None
    exclude = ("created_at", "updated_at")
    show_full_result_count = False
    show_facets = ShowFacets.NEVER  # counting every choice of every filter would read whole tables
    warn_unsaved_form = True
    empty_note: Any = ""
    """What the list is for and what it means that nothing stands in it, for whoever sees it empty."""

    def get_changelist_instance(self, request: HttpRequest) -> Any:
        """The list. Without search and filters the head has no "Show all": all is what is shown."""
        changelist = super().get_changelist_instance(request)
        if not changelist.query and not changelist.has_active_filters:
            changelist.full_result_count = changelist.result_count
        return changelist

    def save_model(self, request: HttpRequest, obj: Model, form: "ModelForm[Any]", change: Any) -> None:
        stamp(obj)
        super().save_model(request, obj, form, change)

    def save_formset(
        self, request: HttpRequest, form: "ModelForm[Any]", formset: "BaseModelFormSet[Any, Any]", change: Any
    ) -> None:
        for row in formset.save(commit=False):
            stamp(row)
            row.save()
        for row in formset.deleted_objects:
            row.delete()
        formset.save_m2m()


class ReadOnlyAdmin(DeskModelAdmin):
    """Rows that only services write: to be looked at."""

    list_after_template = "admin/_times.html"

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False
