"""Ladders: the list, a page with the rungs as a table, a copy, and a preview for one ticket. Leads edit, agents read."""

from collections.abc import Mapping
from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from unfold.decorators import display

from config.core import clock
from config.core.admin.base import DeskModelAdmin, user_actor
from migrations_app.admin import ladder_preview
from migrations_app.admin.ladder_form import (
    CHANNELS,
    LadderForm,
    RungSet,
    rungs_shown,
    wait_shown,
)
from migrations_app.admin.ladder_words import cases_in_words, conditions_of
from migrations_app.admin.words import EMAIL_WORDS, badge
from migrations_app.enums.ladders import AtEnd, RungLanguage
from migrations_app.models import Ladder
from migrations_app.services.ladders import save_ladder
from tickets.enums import Party

_READ = {"GET", "HEAD"}


@admin.register(Ladder)
class LadderAdmin(DeskModelAdmin):
    """Plans of chases. A running chase keeps the rungs it started with."""

    list_display = ("name", "demand", "conditions", "rungs", "active_label", "version", "edited", "updated_at")
    list_fullwidth = True
    list_filter = ("demand", "active")
    list_select_related = ("bsp",)
    search_fields = ("name", "slug")
    ordering = ("demand", "name", "id")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Ladder]:
        rows: QuerySet[Ladder] = super().get_queryset(request)
        return rows.select_related("bsp")

    def get_urls(self) -> list[URLPattern]:
        """The usual addresses, and the preview."""
        view = self.admin_site.admin_view(self.preview_view)
        return [path("<int:ladder_id>/preview/", view, name="migrations_app_ladder_preview"), *super().get_urls()]

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        """Show a ladder, or the form of a new one, and save what was posted.

        :raises PermissionDenied: the person may not see ladders, or post one.
        """
        ladder = self._found(request, object_id)
        edits = self.has_change_permission(request) if ladder else self.has_add_permission(request)
        if not edits and (ladder is None or request.method not in _READ):
            raise PermissionDenied
        like = self._copied(request) if ladder is None else None
        posted = request.POST if request.method == "POST" else None
        rungs = RungSet(posted, initial=rungs_shown(ladder or like), prefix="rungs")
        form = LadderForm(posted, instance=ladder, rungs=rungs, like=like)
        if posted is not None and form.is_valid() and rungs.is_valid():
            return self._save(request, form, new=ladder is None)
        return self.render_page(request, "admin/desk/ladder.html", _shown(ladder, form, rungs, edits=edits))

    def _found(self, request: HttpRequest, object_id: str | None) -> Ladder | None:
        if not self.has_view_permission(request):
            raise PermissionDenied
        if object_id is None:
            return None
        found: Ladder | None = self.get_object(request, object_id)
        if found is None:
            raise Http404
        return found

    def _copied(self, request: HttpRequest) -> Ladder | None:
        asked = request.GET.get("copy", "")
        return Ladder.objects.filter(pk=int(asked)).first() if asked.isascii() and asked.isdecimal() else None

    def _save(self, request: HttpRequest, form: LadderForm, *, new: bool) -> HttpResponse:
        ladder = save_ladder(ladder=form.filled(), by=user_actor(request, of_desk=True), now=clock.now())
        changed = [{"changed": {"fields": [str(form.fields[name].label) for name in form.changed_data]}}]
        if form.rungs.has_changed():
            changed[0]["changed"]["fields"].append(gettext("Rungs"))
        if new:
            self.log_addition(request, ladder, [{"added": {}}])
        else:
            self.log_change(request, ladder, changed)
        messages.success(request, gettext("Saved: version %(number)s.") % {"number": ladder.version})
        return redirect("admin:migrations_app_ladder_change", ladder.pk)

    def preview_view(self, request: HttpRequest, ladder_id: int) -> HttpResponse:
        """Show when a ladder would send to whom for one ticket. Nothing is changed.

        :raises PermissionDenied: the person may not see ladders.
        """
        if not self.has_view_permission(request):
            raise PermissionDenied
        if request.method not in _READ:
            return HttpResponseNotAllowed(sorted(_READ))
        ladder = get_object_or_404(Ladder.objects.select_related("bsp"), pk=ladder_id)
        context = ladder_preview.of_ladder(request, ladder, now=clock.now())
        return self.render_page(request, "admin/desk/ladder_preview.html", context)

    def render_page(self, request: HttpRequest, template: str, context: dict[str, Any]) -> HttpResponse:
        """Answer with a page inside the admin's frame."""
        request.current_app = self.admin_site.name
        frame = {**self.admin_site.each_context(request), "opts": self.opts, "media": self.media}
        return TemplateResponse(request, template, {**frame, **context})

    def get_changelist_instance(self, request: HttpRequest) -> Any:
        """The list, with what a row must know of the others: what they leave to it."""
        changelist = super().get_changelist_instance(request)
        others = _active()
        for row in changelist.result_list:
            row.others = others
        return changelist

    @display(description=_("For"))
    def conditions(self, row: Any) -> str:
        return cases_in_words(row, row.others)

    @display(description=_("Rungs"))
    def rungs(self, row: Ladder) -> int:
        return len(rungs_shown(row))

    @display(description=_("Active"))
    def active_label(self, row: Ladder) -> str:
        return badge(gettext("active"), "success") if row.active else badge(gettext("rests"), "")


def _active() -> list[Ladder]:
    return list(Ladder.objects.filter(active=True))


def _shown(ladder: Ladder | None, form: LadderForm, rungs: Any, *, edits: bool) -> dict[str, Any]:
    others = _active()
    end: Mapping[str, Any] = next((step for step in ladder.steps if not step.get("message")), {}) if ladder else {}
    return {
        "title": ladder.name if ladder else gettext("New ladder"),
        "ladder": ladder,
        "form": form,
        "rungs": rungs,
        "edits": edits,
        "about": [form[name] for name in form.fields if name not in {"end_days", "end_hours", "on_exhausted"}],
        "ending": [form[name] for name in ("end_days", "end_hours", "on_exhausted")],
        "conditions": conditions_of(ladder, others) if ladder else [],
        "cases": cases_in_words(ladder, others) if ladder else "",
        "lines": [_line(step) for step in rungs_shown(ladder)],
        "end": wait_shown(end),
        "at_end": [AtEnd(word).label for word in (ladder.on_exhausted if ladder else []) if word in AtEnd.values],
    }


def _line(step: dict[str, Any]) -> dict[str, Any]:
    return {
        **step,
        "to": Party(step["to"]).label,
        "channel": dict(CHANNELS).get(step["channel"], step["channel"]),
        "message": EMAIL_WORDS.get(step["message"], step["message"]),
        "language": RungLanguage(step["language"]).label,
    }
