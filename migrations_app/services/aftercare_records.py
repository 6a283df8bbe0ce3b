"""What is written of an answered check: its own result, and what that means for the case. Under the ticket's lock."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from config.core.uow import UnitOfWork
from migrations_app.enums import NumberState
from migrations_app.enums.aftercare import CheckKind, CheckState
from migrations_app.models import MigrationCase, MoveCheck, NumberMove
from migrations_app.rules.aftercare import MOST_TRIES, due_of, next_pause
from migrations_app.rules.lifecycle import MOVE_CHECK
from migrations_app.rules.templates import pages
from migrations_app.selectors.aftercare import listed_templates
from migrations_app.selectors.haste import wait_of
from migrations_app.services import templates
from migrations_app.services.aftercare import plan_again, plan_check
from migrations_app.services.aftercare_calls import Claimed, Heard
from migrations_app.services.aftercare_findings import note_apps, note_quality, note_status, note_two_step
from migrations_app.services.move_steps import after_step
from migrations_app.services.numbers import move_number
from providers.types import NumberFacts, TemplateCopies
from tickets.models import Ticket


@dataclass(frozen=True)
class Answered:
    """A check with what Meta said, read anew under the ticket's lock."""

    row: MoveCheck
    ticket: Ticket
    case: MigrationCase
    claimed: Claimed
    heard: Heard


def write(uow: UnitOfWork, answered: Answered) -> None:
    """Write what Meta said to a check that is under way."""
    _WRITERS[answered.claimed.kind](uow, answered)


def _done(uow: UnitOfWork, row: MoveCheck, **columns: Any) -> None:
    uow.move(row, "state", table=MOVE_CHECK, to=CheckState.DONE, read_at=uow.now, error=None, **columns)


def _again(uow: UnitOfWork, row: MoveCheck, pause: timedelta, **columns: Any) -> None:
    uow.move(
        row,
        "state",
        table=MOVE_CHECK,
        to=CheckState.PLANNED,
        due_at=uow.now + pause,
        read_at=uow.now,
        error=None,
        **columns,
    )


def _parts(answered: Answered) -> tuple[MoveCheck, Ticket, MigrationCase, Claimed, Heard]:
    return answered.row, answered.ticket, answered.case, answered.claimed, answered.heard


def _write_look(uow: UnitOfWork, answered: Answered) -> None:
    row, ticket, case, claimed, heard = _parts(answered)
    if heard.facts is None or row.number is None:
        return
    result = _seen(heard.facts, heard.apps)
    tries = row.tries + 1
    right = heard.facts.is_connected and bool(heard.apps)
    if right or claimed.kind is CheckKind.QUALITY or tries >= MOST_TRIES[claimed.kind]:
        _done(uow, row, result=result, tries=tries)
    else:
        _again(uow, row, wait_of(ticket, next_pause(tries)), result=result, tries=tries)
    note_apps(uow, ticket, case, heard.apps)
    if row.number.state == NumberState.LIVE:
        note_status(uow, ticket, case, row.number, heard.facts)
    elif row.number.state == NumberState.REGISTERED and heard.facts.is_connected:
        # Meta was slow to say so in the call, or nobody asked again.
        move_number(uow, ticket, row.number, NumberState.LIVE, live_at=uow.now, billing_from=uow.now, last_error=None)
        note_two_step(uow, ticket, case)
        after_step(uow, ticket, case, row.number)
    if claimed.kind is CheckKind.QUALITY:
        note_quality(uow, ticket, case)


def _seen(facts: NumberFacts, apps: Sequence[str]) -> dict[str, Any]:
    return {
        "status": facts.status,
        "quality": facts.quality_rating,
        "name_status": facts.name_status,
        "apps": list(apps),
    }


def keep_look(
    uow: UnitOfWork, case: MigrationCase, number: NumberMove, facts: NumberFacts, apps: Sequence[str]
) -> None:
    """Keep on the check of a locked ticket's number what was read as it goes live; the check itself is still to come."""
    due = due_of(CheckKind.LIVE, live_at=uow.now)
    row = plan_check(uow, case, CheckKind.LIVE, due=due, number=number)
    rows = MoveCheck.objects.filter(pk=row.pk, state=CheckState.PLANNED)
    rows.update(result=_seen(facts, apps), read_at=uow.now, due_at=due, updated_at=uow.now)


def _write_before(uow: UnitOfWork, answered: Answered) -> None:
    row, _ticket, case, claimed, heard = _parts(answered)
    templates.keep_before(case, heard.source, heard.there)
    result = {
        "source_read": heard.source is not None,
        "source": len(heard.source or ()),
        "there": len(heard.there or ()),
        "after_the_move": claimed.moved,
    }
    _done(uow, row, result=result)


def _write_copy(uow: UnitOfWork, answered: Answered) -> None:
    """Add one page to what was copied; after the last one, compare."""
    row, _ticket, case, claimed, heard = _parts(answered)
    copies = heard.copies or TemplateCopies()
    so_far = row.result or {"copied": 0, "failed": {}}
    result = {
        "copied": so_far["copied"] + len(copies.copied),
        "failed": {**so_far["failed"], **{key: reason[:300] for key, reason in copies.failed.items()}},
    }
    known = listed_templates(case)
    last = claimed.page + 1 >= pages(known, claimed.size) if known else not (copies.copied or copies.failed)
    if not last:
        progress = {"page": claimed.page + 1, "size": claimed.size}
        _again(uow, row, timedelta(0), result=result, progress=progress, tries=0)
        return
    _done(uow, row, result=result, progress=None)
    compared = plan_check(uow, case, CheckKind.TEMPLATES, due=uow.now)
    plan_again(uow, compared, due=uow.now)


def _write_templates(uow: UnitOfWork, answered: Answered) -> None:
    """Compare, and look again later while something may still come."""
    row, ticket, case, claimed, heard = _parts(answered)
    counts = templates.compare_now(uow, ticket, case, heard.there or ())
    tries = row.tries + 1
    result = {"counts": counts, "there": len(heard.there or ())}
    if templates.still_open(counts) and tries < MOST_TRIES[claimed.kind]:
        _again(uow, row, wait_of(ticket, next_pause(tries)), result=result, tries=tries)
    else:
        _done(uow, row, result=result, tries=tries)


_WRITERS: dict[CheckKind, Callable[[UnitOfWork, Answered], None]] = {
    CheckKind.LIVE: _write_look,
    CheckKind.QUALITY: _write_look,
    CheckKind.TEMPLATES_BEFORE: _write_before,
    CheckKind.COPY: _write_copy,
    CheckKind.TEMPLATES: _write_templates,
}
