"""The page of one task: whom to reach and how, what to say in their words and in ours, and the form for the outcome."""

from copy import copy
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.formats import date_format
from django.utils.translation import get_language, get_language_info
from django.utils.translation import gettext as _

from config.core import clock
from config.core.errors import DomainError
from migrations_app.admin import holder_card
from migrations_app.admin.answers_card import entry_of
from migrations_app.admin.case_actions import MAX_SHORT, evening_of
from migrations_app.admin.deeds import MAX_TEXT, BadForm
from migrations_app.admin.task_words import PRIORITY_COLOURS, TASK_ICONS, outcome_words
from migrations_app.admin.words import (
    EMAIL_WORDS,
    STATE_COLOURS,
    badge,
    refusal_words,
)
from migrations_app.enums import AttemptState, DeskTaskKind, DeskTaskState, PinCallState, RequirementCode, TaskOutcome
from migrations_app.enums.texts import REQUIREMENT_TEXTS
from migrations_app.models import ChaseAttempt, DeskTask, MigrationCase, PinCall
from migrations_app.rules.desk_tasks import ASKING, BY_VOICE, JUDGED
from migrations_app.rules.hours import opening
from migrations_app.rules.links import is_being_moved, phone_link, web_link, whatsapp_link
from migrations_app.selectors.desk_tasks import besides, tasks_of, visible_tasks
from migrations_app.services.recipients import client_mail_refused, hours_of
from migrations_app.services.scripts import Occasion, Script, asked_rows, script
from migrations_app.services.task_outcomes import Told, claimable, record_outcome
from migrations_app.services.wording import wording_of
from providers.selectors.directory import conditions_of, procedure_of
from tickets.admin import actor_of
from tickets.enums import Party, Priority

MOST_EARLIER = 12


@dataclass(frozen=True)
class There:
    """What the other side's clock shows, whether its office is open, and when it opens next if it is not."""

    clock: str
    zone: str
    open: bool
    opens: str = ""


def there(task: DeskTask, now: datetime) -> There:
    """Return the time at the party that is to be reached."""
    hours = hours_of(task.recipient_party, task.case.ticket, task.case)
    zone = ZoneInfo(hours.timezone)
    opens = opening(hours, now)
    later = date_format(opens.astimezone(zone), "D j M, H:i") if opens > now else ""
    return There(f"{now.astimezone(zone):%H:%M}", hours.timezone, opens == now, later)


def name_of(task: DeskTask) -> str:
    """Return with whom a task is done: a person or a company where it is known, and whose side that is."""
    party = str(task.get_recipient_party_display()) if task.recipient_party else ""
    name = ""
    check = holder_card.check_of(task) if task.kind in holder_card.KINDS else None
    if check is not None:
        return check.name or check.phone or check.email
    if task.recipient_party == Party.CLIENT:
        name = task.case.ticket.contact_name
    elif task.recipient_party == Party.OLD_BSP:
        name = task.case.current_bsp.name if task.case.current_bsp else task.case.current_bsp_name
    return f"{name} ({party})" if name else party or "–"


def context_of(task: DeskTask, *, user: Any, now: datetime, entered: Any = None) -> dict[str, Any]:
    """Return everything the page shows. Reads only."""
    case, ticket = task.case, task.case.ticket
    asking = task.kind in ASKING and task.attempt is not None
    is_open = task.state == DeskTaskState.OPEN
    theirs, ours = _scripts(task, now) if asking and is_open else (Script(task.title, task.text), None)
    rung = task.kind in BY_VOICE
    works = is_open and user.has_perm("tickets.change_ticket")
    return {
        "title": f"{task.get_kind_display()}: {ticket.client_name}",
        "task": task,
        "ticket": ticket,
        "case": case,
        "now": now,
        "icon": TASK_ICONS.get(task.kind, "task_alt"),
        "whom": name_of(task),
        "labels": _labels(task),
        "open": is_open,
        "asking": asking,
        "rung": rung,
        "there": there(task, now) if (asking or rung) and is_open else None,
        "link": _link(task, theirs),
        "call_page": _call_page(task) if is_open else None,
        "hint_only": task.kind == DeskTaskKind.PORTAL and not (case.current_bsp and case.current_bsp.contact_url),
        "being_moved": is_being_moved(task.contact, case.numbers.values_list("number", flat=True)),
        "theirs": theirs,
        "mail_refused": is_open and task.recipient_party == Party.CLIENT and client_mail_refused(ticket, case),
        "language": _language_name(task.language),
        "ours": ours,
        "outcome": outcome_words(task.kind, task.outcome),
        "besides": besides(task, visible_tasks(user)),
        "judge": entry_of(task, case) if works and task.kind == DeskTaskKind.JUDGE_ANSWER else None,
        **(holder_card.task_context(task) if is_open else {}),
        **_case_facts(task, case),
        **(_form(task, entered or {}) if works and (asking or rung) else {}),
    }


def _call_page(task: DeskTask) -> int | None:
    """Return the call for which something is missing, where the task is about one."""
    if task.kind != DeskTaskKind.CALL_NOT_READY:
        return None
    rows = PinCall.objects.filter(ticket_id=task.case.ticket_id, state=PinCallState.BOOKED).order_by("start")
    return rows.values_list("pk", flat=True).first()


def _language_name(code: str) -> str:
    """Return what a language is called in the agent's own; its code where it is none of ours."""
    return str(get_language_info(code)["name_translated"]) if code in dict(settings.LANGUAGES) else code


def _labels(task: DeskTask) -> list[str]:
    found = [badge(task.get_state_display(), STATE_COLOURS.get(f"task_{task.state}", ""))]
    priority = task.case.ticket.priority
    if priority != Priority.NORMAL:
        found.append(badge(Priority(priority).label, PRIORITY_COLOURS.get(priority, "")))
    return [badge(_("TEST"), "warning"), *found] if task.case.ticket.test else found


def _scripts(task: DeskTask, now: datetime) -> tuple[Script, Script | None]:
    """Return the words in the other side's language, and in the agent's own where that is another; as the case is now."""
    case = MigrationCase.objects.select_related("ticket", "current_bsp", "playbook").get(pk=task.case_id)
    own = (get_language() or "en").lower()
    theirs = script(_occasion(task, case, task.language, now), case.ticket, case, language=task.language)
    if own == task.language:
        return theirs, None
    return theirs, script(_occasion(task, case, own, now), case.ticket, case, language=own)


def _occasion(task: DeskTask, case: MigrationCase, language: str, now: datetime) -> Occasion:
    """Return for what a script is: the rung as it would be worded now, for a reader of this language."""
    attempt = copy(task.attempt)
    assert attempt is not None  # noqa: S101  (the caller asks for rungs of a chase only)
    attempt.language = language
    return Occasion(DeskTaskKind(task.kind), attempt, wording_of(attempt, case.ticket, case, now=now))


def _link(task: DeskTask, words: Script) -> str:
    if task.kind == DeskTaskKind.WHATSAPP:
        return whatsapp_link(task.contact, words.text)
    return phone_link(task.contact) if task.kind in BY_VOICE else web_link(task.url)


def _case_facts(task: DeskTask, case: MigrationCase) -> dict[str, Any]:
    rows = asked_rows(task.chase) if task.chase is not None else []
    earlier = ChaseAttempt.objects.filter(chase=task.chase).exclude(task=task) if task.chase else None
    sent = [] if earlier is None else list(earlier.exclude(state=AttemptState.PLANNED).order_by("-id")[:MOST_EARLIER])
    first = None if earlier is None else earlier.filter(sent_at__isnull=False).order_by("sent_at").first()
    bsp = case.current_bsp
    return {
        "numbers": list(case.numbers.order_by("position")),
        "items": list(dict.fromkeys(str(REQUIREMENT_TEXTS[row.code][0]) for row in rows)),
        "asked_since": first.sent_at if first else None,
        "promises": [row for row in rows if row.external_reference or row.promised_for],
        "earlier": [{"row": row, "words": EMAIL_WORDS.get(row.message, row.message)} for row in sent],
        "bsp": bsp,
        "bsp_steps": procedure_of(bsp) if bsp and task.recipient_party == Party.OLD_BSP else [],
        "bsp_conditions": conditions_of(bsp) if bsp and task.recipient_party == Party.OLD_BSP else [],
        "bsp_page": web_link(bsp.contact_url) if bsp else "",
        "bsp_source": web_link(bsp.source_url) if bsp else "",
    }


def _form(task: DeskTask, entered: Any) -> dict[str, Any]:
    codes = claimable(asked_rows(task.chase)) if task.chase is not None else []
    left_out = set(JUDGED) if codes else {TaskOutcome.CLAIMED, *JUDGED}
    if task.kind == DeskTaskKind.RING_CLIENT:
        left_out.add(TaskOutcome.PROMISED)
    return {
        "outcomes": [
            (outcome.value, outcome_words(task.kind, outcome.value))
            for outcome in TaskOutcome
            if outcome not in left_out
        ],
        "claimable": [(code.value, str(REQUIREMENT_TEXTS[code][0])) for code in codes] if len(codes) > 1 else [],
        "entered": {name: entered.get(name, "") for name in ("outcome", "note", "case_number", "promised_for", "code")},
    }


def task_card(case: MigrationCase) -> dict[str, Any]:
    """Return what the ticket's page shows of its tasks."""
    rows = tasks_of(case)
    return {
        "tasks_open": any(row.state == DeskTaskState.OPEN for row in rows),
        "tasks": [
            {
                "row": row,
                "open": row.state == DeskTaskState.OPEN,
                "colour": STATE_COLOURS.get(f"task_{row.state}", ""),
                "whom": name_of(row),
                "outcome": outcome_words(row.kind, row.outcome),
            }
            for row in rows
        ],
    }


def take_outcome(request: HttpRequest, task: DeskTask) -> HttpResponse | None:
    """Record what was posted and lead to the next task; None: the form has to be filled in better."""
    try:
        told = _told(request.POST, task.case.ticket.timezone)
        record_outcome(task_id=task.pk, told=told, by=actor_of(request), now=clock.now())
    except BadForm as complaint:
        messages.error(request, str(complaint))
        return None
    except DomainError as refusal:
        messages.error(request, refusal_words(refusal))
        return redirect("admin:migrations_app_desktask_change", task.pk) if _has_ended(task) else None
    words = {"reference": task.case.ticket.reference, "outcome": outcome_words(task.kind, told.outcome.value)}
    messages.success(request, _("%(reference)s: “%(outcome)s” is recorded.") % words)
    return redirect("admin:migrations_app_desktask_changelist")


def _has_ended(task: DeskTask) -> bool:
    return not DeskTask.objects.filter(pk=task.pk, state=DeskTaskState.OPEN).exists()


def _told(data: Any, zone: str) -> Told:
    outcome, code = str(data.get("outcome", "")), str(data.get("code", ""))
    if outcome not in TaskOutcome.values or outcome in JUDGED:
        raise BadForm(_("Choose what became of it."))
    note, case_number = str(data.get("note", "")).strip(), str(data.get("case_number", "")).strip()
    if len(note) > MAX_TEXT or len(case_number) > MAX_SHORT:
        raise BadForm(_("The text is too long."))
    return Told(
        outcome=TaskOutcome(outcome),
        note=note,
        case_number=case_number,
        promised_for=evening_of(str(data.get("promised_for", "")).strip(), zone),
        code=RequirementCode(code) if code in RequirementCode.values else None,
    )
