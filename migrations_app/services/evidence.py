"""Keeping what was said and shown for a requirement. Only `requirements.change_state` and a further claim come here."""

import uuid
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.utils.translation import gettext

from config.core.errors import FieldProblem, Invalid, NotFound
from config.core.uow import UnitOfWork
from migrations_app.enums import EvidenceKind, RequirementState, Verdict
from migrations_app.models import Evidence, Requirement
from migrations_app.rules.evidence import OPENS_AGAIN, Turn, link_holds, turn, verdict_of
from tickets.models import Attachment, Ticket
from tickets.selectors.files import attachment_of


def turned(row: Requirement, to: RequirementState, columns: Mapping[str, Any], now: datetime) -> Turn | None:
    """Return what a move to another state makes of a requirement's evidence; None when it says nothing about it."""
    if to not in OPENS_AGAIN and "evidence" not in columns:
        return None
    given = None if to in OPENS_AGAIN else columns["evidence"]
    verdict = verdict_of(RequirementState(row.state), to)
    current = row.evidence
    if current and to in OPENS_AGAIN and columns.get("reason"):
        current = {**current, "reason": columns["reason"]}  # for the desk: documents do not show it
    return turn(current, row.evidence_history, given, verdict=verdict, at=now.isoformat())


def keep(uow: UnitOfWork, row: Requirement, old: RequirementState, turned_to: Turn | None) -> None:
    """Write the verdict that a change means for earlier rounds, and the round that it has begun.

    `old` is the requirement's state before the change.
    """
    verdict = verdict_of(old, RequirementState(row.state))
    if verdict is not Verdict.PENDING:
        rounds = Evidence.objects.filter(requirement=row, verdict=Verdict.PENDING)
        rounds.update(verdict=verdict, judged_by=uow.by.label, judged_at=uow.now)
    if turned_to is not None and turned_to.begins and turned_to.current is not None:
        _write(uow, row, turned_to.current)


def _write(uow: UnitOfWork, row: Requirement, entry: Mapping[str, Any]) -> None:
    kind = EvidenceKind(entry["kind"])
    shown = entry.get("attachment")
    accepted = row.state == RequirementState.MET
    Evidence.objects.create(
        requirement=row,
        round=entry["round"],
        kind=kind,
        statement=entry.get("statement") or "",
        link=entry.get("link") or "",
        attachment=Attachment.objects.get(uid=shown["id"]) if shown else None,
        given_by=entry.get("claimed_by") or ("Meta" if kind is EvidenceKind.PROOF else uow.by.label),
        confirmed_by=entry.get("confirmed_by") or "",
        at=uow.now,
        verdict=Verdict.ACCEPTED if accepted else Verdict.PENDING,
        judged_by=uow.by.label if accepted else "",
        judged_at=uow.now if accepted else None,
    )


def add(uow: UnitOfWork, row: Requirement, entry: Mapping[str, Any]) -> None:
    """Put further evidence beside a claim that stands: a new round, the state stays."""
    at = uow.now.isoformat()
    turned_to = turn(row.evidence, row.evidence_history, entry, verdict=Verdict.PENDING, at=at)
    row.evidence, row.evidence_history = turned_to.current, turned_to.history
    Requirement.objects.filter(pk=row.pk).update(
        evidence=row.evidence, evidence_history=row.evidence_history, updated_at=uow.now
    )
    keep(uow, row, RequirementState(row.state), turned_to)


def shown_file(ticket: Ticket, uid: uuid.UUID) -> dict[str, str]:
    """Return what evidence says of a file of this ticket. It must be one that the client may see, since all evidence is.

    :raises Invalid: the ticket has no such file.
    """
    try:
        found = attachment_of(ticket, uid, internal=False)
    except NotFound:
        detail = gettext("The ticket has no such file.")
        raise Invalid([FieldProblem("#/attachment", "invalid_choice", detail)]) from None
    return {"id": str(found.uid), "filename": found.filename}


def demand_link(link: str) -> None:
    """Refuse a link that nobody should follow.

    :raises Invalid: it is no https address of a host, or holds a password.
    """
    if not link_holds(link):
        detail = gettext("This is no https address.")
        raise Invalid([FieldProblem("#/link", "invalid", detail)])
