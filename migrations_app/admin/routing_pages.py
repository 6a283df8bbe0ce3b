"""The pages of one version of the routing rules: its rules and record, a rule's form, a test, and the buttons."""

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.db import OperationalError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _

from config.core import clock
from config.core.errors import DomainError, Invalid
from migrations_app.admin.routing_form import CopyForm, RuleForm, TestForm
from migrations_app.admin.routing_words import (
    REASON_WORDS,
    STATE_COLOURS,
    conditions_shown,
    record_line,
    value_names,
)
from migrations_app.admin.words import refusal_words
from migrations_app.services.routing_trials import Trial, try_version
from tickets.admin import actor_of
from tickets.enums import RoutingState
from tickets.models import Queue, RoutingRule, RoutingVersion
from tickets.selectors.desk import triage_queue
from tickets.selectors.routing import changes_of, digest_now, live_version, rules_of
from tickets.services import routing_versions

MOST_ROWS = 300
"""How many tickets of a test are listed: those that would go elsewhere first."""
MOST_LINES = 200


def version(page: Any, request: HttpRequest, row: RoutingVersion) -> HttpResponse:
    """Show the rules of a version in their order, whether they may go live, and who did what."""
    names = value_names()
    draft = row.state == RoutingState.DRAFT
    tested = draft and row.tested_digest != "" and row.tested_digest == digest_now(row)
    context = {
        "title": str(row),
        "version": row,
        "colour": STATE_COLOURS[row.state],
        "draft": draft,
        "tested": tested,
        "stale": draft and row.tested_digest != "" and not tested,
        "rules": [{"row": rule, "conditions": conditions_shown(rule.conditions, names)} for rule in rules_of(row)],
        "triage": triage_queue(),
        "record": [record_line(change, names) for change in changes_of(row)[:MOST_LINES]],
    }
    return page.render_page(request, "admin/desk/routing_version.html", context)


def copy(page: Any, request: HttpRequest) -> HttpResponse:
    """Ask what a draft begins with, and make it."""
    asked = request.GET.get("source", "")
    live = live_version()
    first = int(asked) if asked.isascii() and asked.isdecimal() else live.pk if live else None
    form = CopyForm(request.POST or None, initial={"source": first})
    if request.method == "POST" and form.is_valid():
        source = form.cleaned_data["source"]
        made = _did(
            request,
            lambda: routing_versions.copy_version(
                source_id=source.pk if source else None,
                note=form.cleaned_data["note"],
                by=actor_of(request),
                now=clock.now(),
            ),
        )
        if made is not None:
            messages.success(request, _("A draft is made. Nothing changes until it is live."))
            return redirect("admin:tickets_routingversion_change", made.pk)
    context = {"title": _("New draft of the routing rules"), "form": form, "button": _("Make the draft")}
    return page.render_page(request, "admin/desk/routing_form.html", context | {"media": page.media + form.media})


def rule(page: Any, request: HttpRequest, row: RoutingVersion, rule_id: int | None = None) -> HttpResponse:
    """Show a rule's form and save what was posted.

    :raises Http404: the version has no such rule.
    """
    found = rules_of(row).filter(pk=rule_id).first() if rule_id is not None else None
    if found is None and rule_id is not None:
        raise Http404
    back = redirect("admin:tickets_routingversion_change", row.pk)
    if row.state != RoutingState.DRAFT:
        messages.error(request, _not_a_draft())
        return back
    form = RuleForm(request.POST or None, site=page.admin_site, rule=found)
    if request.method == "POST" and form.is_valid() and _save(request, row, found, form):
        messages.success(request, _("The rule is saved in the draft."))
        return back
    context = {
        "title": f"{row}: {found.name}" if found else _("New rule"),
        "version": row,
        "form": form,
        "sections": _sections(form),
        "button": _("Save the rule"),
        "media": page.media + form.media,
    }
    return page.render_page(request, "admin/desk/routing_form.html", context)


def _sections(form: RuleForm) -> list[dict[str, Any]]:
    parts = (
        (_("Rule"), ("name", "position", "queue", "active")),
        (_("Which tickets"), ("bsp", "country", "timezone", "flow", "language", "priority", "min_size", "max_size", "partner",
                              "organization", "kind")),
        (_("Tags"), ("any_tag", "all_tags", "no_tag")),
    )  # fmt: skip
    return [{"title": title, "fields": [form[name] for name in names]} for title, names in parts]


def _save(request: HttpRequest, row: RoutingVersion, found: RoutingRule | None, form: RuleForm) -> bool:
    try:
        routing_versions.save_rule(
            version_id=row.pk,
            rule_id=found.pk if found else None,
            rule=form.draft(),
            by=actor_of(request),
            now=clock.now(),
        )
    except Invalid as refusal:
        form.complain(refusal)
        return False
    except (DomainError, OperationalError) as refusal:
        form.add_error(None, _words(refusal))
        return False
    return True


def test(page: Any, request: HttpRequest, row: RoutingVersion) -> HttpResponse:
    """Try a draft against past tickets and show where each would go; the draft remembers what was tried."""
    form = TestForm(request.POST or None)
    context: dict[str, Any] = {"title": _("Test of %(version)s") % {"version": row}, "version": row, "form": form}
    if request.method == "POST" and form.is_valid():
        limit = form.cleaned_data["limit"]
        trial = _did(
            request, lambda: try_version(version_id=row.pk, limit=limit, by=actor_of(request), now=clock.now())
        )
        if trial is None:
            return redirect("admin:tickets_routingversion_change", row.pk)
        context |= _found(trial)
    return page.render_page(request, "admin/desk/routing_test.html", context | {"media": page.media + form.media})


def _found(trial: Trial) -> dict[str, Any]:
    queues = dict(Queue.objects.values_list("slug", "name"))
    rows = sorted(trial.rows, key=lambda tried: not tried.moves)
    return {
        "trial": trial,
        "queues": [
            {"name": queues.get(slug, slug), "now": now, "then": then, "more": then - now}
            for slug, (now, then) in trial.queues.items()
        ],
        "rows": [
            {
                "ticket": tried.ticket,
                "moves": tried.moves,
                "went_to": queues.get(tried.went_to, tried.went_to),
                "would_go_to": queues.get(tried.would_go_to, tried.would_go_to),
                "why": tried.rule or REASON_WORDS.get(tried.reason, tried.reason),
            }
            for tried in rows[:MOST_ROWS]
        ],
        "left_out": max(0, len(rows) - MOST_ROWS),
    }


def do(_page: Any, request: HttpRequest, row: RoutingVersion, action: str) -> HttpResponse:
    """Do what a button of the version's page says, and go back.

    :raises Http404: there is no such button.
    """
    if action not in _BUTTONS:
        raise Http404
    done = _did(request, lambda: _BUTTONS[action](request, row))
    if done is not None:
        messages.success(request, done)
    if RoutingVersion.objects.filter(pk=row.pk).exists():
        return redirect("admin:tickets_routingversion_change", row.pk)
    return redirect("admin:tickets_routingversion_changelist")


def _publish(request: HttpRequest, row: RoutingVersion) -> str:
    routing_versions.publish(version_id=row.pk, by=actor_of(request), now=clock.now())
    return _("%(version)s is live: new tickets are routed by it.") % {"version": row}


def _remove_rule(request: HttpRequest, row: RoutingVersion) -> str:
    asked = request.POST.get("rule", "")
    rule_id = int(asked) if asked.isascii() and asked.isdecimal() and len(asked) < 19 else 0  # noqa: PLR2004  (bigint)
    routing_versions.remove_rule(version_id=row.pk, rule_id=rule_id, by=actor_of(request), now=clock.now())
    return _("The rule is taken out of the draft.")


def _delete(request: HttpRequest, row: RoutingVersion) -> str:
    routing_versions.delete_draft(version_id=row.pk, by=actor_of(request), now=clock.now())
    return _("The draft is deleted.")


_BUTTONS: dict[str, Callable[[HttpRequest, RoutingVersion], str]] = {
    "publish": _publish,
    "remove-rule": _remove_rule,
    "delete": _delete,
}


def _not_a_draft() -> str:
    return _("The rules of a live or retired version stay as they are. Make a copy and edit that.")


def _words(refusal: Exception) -> str:
    if isinstance(refusal, routing_versions.NotADraft):
        return _not_a_draft()
    if isinstance(refusal, routing_versions.NotTested):
        return _("Test it first: it was never tested, or was changed since, or another version has gone live.")
    if isinstance(refusal, DomainError):
        return refusal_words(refusal)
    return _("The database is busy. Nothing was done; try again.")


def _did(request: HttpRequest, deed: Callable[[], Any]) -> Any:
    """Do it and return what came of it; None after a refusal, which the person is told."""
    try:
        return deed()
    except (DomainError, OperationalError) as refusal:
        messages.error(request, _words(refusal))
        return None
