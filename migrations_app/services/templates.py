"""The templates of a case: listed before the move, compared after it. Under the ticket's lock; Meta is asked elsewhere."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from django.utils.translation import gettext_noop

from config.core.actor import Actor
from config.core.errors import Conflict
from config.core.uow import UnitOfWork, unit_of_work
from migrations_app.enums import RequirementCode, RequirementState, Stage
from migrations_app.enums.aftercare import CheckKind, TemplateOutcome
from migrations_app.models import MigrationCase, MoveCheck, Requirement, TemplateEntry
from migrations_app.rules.progress import ENDED
from migrations_app.rules.templates import OPEN_OUTCOMES, After, Before, Compared, compare
from migrations_app.selectors.aftercare import outcome_counts
from migrations_app.selectors.cases import case_of, is_by_api
from migrations_app.services.aftercare import account_of, plan_again, plan_check
from migrations_app.services.aftercare_findings import meet, open_row
from migrations_app.services.settle import settle
from providers.types import TemplateFacts
from tickets.models import Ticket
from tickets.services.tickets import lock_ticket

TEMPLATES_OPEN = gettext_noop("Some templates have not arrived as expected; see the list.")
NO_LIST = gettext_noop("There is no list of the templates from before the move.")
_BATCH = 500


class NoCopy(Conflict):
    """Templates cannot be copied for this case: it is not executed by us, its old account is unknown, or it has ended."""


def keep_before(
    case: MigrationCase, source: Sequence[TemplateFacts] | None, there: Sequence[TemplateFacts] | None
) -> None:
    """Keep what Meta listed before the move; `source` None: the old account is closed to us, so the client's list stays.

    `there` None: numbers have moved already, so that nobody can tell any more what was at the destination before.
    """
    before = set() if there is None else {(one.name, one.language) for one in there}
    if source is None:
        for entry in TemplateEntry.objects.filter(case=case):
            if there is not None and entry.there_before != ((entry.name, entry.language) in before):
                TemplateEntry.objects.filter(pk=entry.pk).update(there_before=not entry.there_before)
        return
    old = {(entry.name, entry.language): entry.there_before for entry in TemplateEntry.objects.filter(case=case)}
    TemplateEntry.objects.filter(case=case).delete()
    unique = {(one.name, one.language): one for one in source}
    TemplateEntry.objects.bulk_create(
        (
            TemplateEntry(
                case=case, name=one.name[:512], language=one.language[:15], source_id=one.id[:32], status=one.status[:30],
                quality=one.quality[:20], category=one.category[:30],
                there_before=key in before if there is not None else old.get(key, False),
            )
            for key, one in unique.items()
        ),
        batch_size=_BATCH,
    )  # fmt: skip


def take_list(*, ticket_id: int, templates: Sequence[Before], by: Actor, now: datetime) -> int:
    """Keep the client's own list in the place of an earlier one, and compare anew; return how many templates it has.

    :raises NoCopy: the case has ended.
    """
    with unit_of_work(by=by, now=now) as uow:
        ticket = lock_ticket(uow, ticket_id)
        case = case_of(ticket_id)
        if Stage(case.stage) in ENDED:
            raise NoCopy
        old = set(TemplateEntry.objects.filter(case=case, there_before=True).values_list("name", "language"))
        TemplateEntry.objects.filter(case=case).delete()
        TemplateEntry.objects.bulk_create(
            (
                TemplateEntry(
                    case=case, name=one.name, language=one.language, status=one.status, quality=one.quality,
                    from_client=True, there_before=one.key in old,
                )
                for one in templates
            ),
            batch_size=_BATCH,
        )  # fmt: skip
        again = MoveCheck.objects.filter(case=case, kind=CheckKind.TEMPLATES).first()
        if again is not None:
            plan_again(uow, again, due=now)
        settle(uow, ticket, case)
    return len(templates)


def start_copy(*, ticket_id: int, by: Actor, now: datetime) -> None:
    """Have Meta copy the old account's templates, page by page, and compare afterwards.

    Existing ones stay as they are, so that asking twice does no harm. Source: Meta, template migration.

    :raises NoCopy: the case is not executed by us, its old account is unknown, or it has ended.
    """
    with unit_of_work(by=by, now=now) as uow:
        ticket = lock_ticket(uow, ticket_id)
        case = case_of(ticket_id)
        if Stage(case.stage) in ENDED or not is_by_api(case) or not case.waba_id or account_of(case) is None:
            raise NoCopy
        row = plan_check(uow, case, CheckKind.COPY, due=now)
        plan_again(uow, row, due=now, progress=None, result=None, error=None)
        settle(uow, ticket, case)


def compare_now(uow: UnitOfWork, ticket: Ticket, case: MigrationCase, there: Iterable[TemplateFacts]) -> dict[str, int]:
    """Compare a locked ticket's list with what is at the destination now, keep the outcome, and return the counts."""
    copy = MoveCheck.objects.filter(case=case, kind=CheckKind.COPY).first()
    failures: Mapping[str, str] = ((copy.result or {}) if copy else {}).get("failed", {})
    entries = {(entry.name, entry.language): entry for entry in TemplateEntry.objects.filter(case=case)}
    before = [
        Before(one.name, one.language, one.status, one.quality, one.category, one.source_id, one.there_before)
        for one in entries.values()
    ]
    after = {(one.name, one.language): After(one.status, one.reason) for one in there}
    found = compare(before, after, failures, by_hand=copy is not None)
    _write(entries, found)
    counts = outcome_counts(case)
    _judge(uow, ticket, case, counts, known=_has_list(case, entries))
    return counts


def _write(entries: Mapping[Any, TemplateEntry], found: Mapping[Any, Compared]) -> None:
    changed = []
    for key, one in found.items():
        entry = entries[key]
        if (entry.outcome, entry.words) != (one.outcome, one.words[:300]):
            entry.outcome, entry.words = one.outcome, one.words[:300]
            changed.append(entry)
    TemplateEntry.objects.bulk_update(changed, ["outcome", "words"], batch_size=_BATCH)


def _has_list(case: MigrationCase, entries: Mapping[Any, TemplateEntry]) -> bool:
    """Tell whether it is known what there was: a list with templates, or an old account that Meta showed to be empty."""
    if entries:
        return True
    before = MoveCheck.objects.filter(case=case, kind=CheckKind.TEMPLATES_BEFORE).first()
    return bool(before and (before.result or {}).get("source_read"))


def _judge(uow: UnitOfWork, ticket: Ticket, case: MigrationCase, counts: Mapping[str, int], *, known: bool) -> None:
    """File the comparison on `templates_checked`: met when nothing is open, else told what is."""
    row = open_row(case, RequirementCode.TEMPLATES_CHECKED)
    if row is None:
        return
    open_now = sum(counts.get(outcome.value, 0) for outcome in OPEN_OUTCOMES)
    if known and not open_now:
        words = ", ".join(f"{name}: {count}" for name, count in counts.items()) or "The old account had no templates."
        meet(uow, ticket, row, words)
        return
    detail = TEMPLATES_OPEN if known else NO_LIST
    if row.detail != detail and row.state in {RequirementState.UNMET, RequirementState.FAILED}:
        Requirement.objects.filter(pk=row.pk).update(detail=detail, updated_at=uow.now)


def still_open(counts: Mapping[str, int]) -> bool:
    """Tell whether a later look may find more: something is missing or in review."""
    return bool(counts.get(TemplateOutcome.MISSING.value) or counts.get(TemplateOutcome.PENDING.value))
