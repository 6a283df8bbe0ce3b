"""Filing the rows of a sheet: each is tried alone first, then all are filed together or none."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from config.core.actor import Actor
from config.core.errors import Conflict, DomainError
from config.core.uow import unit_of_work
from migrations_app.rules.phone import match_key
from migrations_app.rules.sheets import repeated
from migrations_app.services.intake import Form, file_ticket
from tickets.models import Organization, Ticket


@dataclass(frozen=True)
class Trial:
    """What filing a row would do: `queue` is where it would go (None for a draft)."""

    queue: str | None = None
    refusal: DomainError | None = None
    repeats: int | None = None
    """The place of an earlier row with one of the same numbers."""


class RowsRefused(Conflict):
    """Some rows cannot be filed, so none was; `refusals` by place."""

    code = "validation_failed"

    def __init__(self, refusals: Mapping[int, DomainError]) -> None:
        super().__init__()
        self.refusals = refusals
        self.afterwards = self._leave_on_record

    def _leave_on_record(self, *, by: Actor, now: datetime) -> None:
        for refusal in self.refusals.values():
            if refusal.afterwards is not None:
                refusal.afterwards(by=by, now=now)


class _TriedOnly(Exception):
    """Takes back what a trial has written."""


def try_rows(*, organization: Organization, forms: Sequence[Form], by: Actor, now: datetime) -> list[Trial]:
    """Return what filing each of these forms would do; nothing is kept.

    Each is filed and taken back in a unit of work of its own, so that nobody waits for a whole sheet and there is no second
    set of rules. A number of another organization becomes a dispute, as with every other attempt to file it.
    """
    # Drafts and test tickets hold no lines.
    keys = [[match_key(number.number) for number in form.numbers if form.submit and not form.test] for form in forms]
    earlier = repeated(keys)
    trials = [_try(organization, form, by, now) for form in forms]
    return [
        Trial(trial.queue, trial.refusal, earlier.get(place)) if place in earlier else trial
        for place, trial in enumerate(trials)
    ]


def _try(organization: Organization, form: Form, by: Actor, now: datetime) -> Trial:
    queue: str | None = None
    try:
        with unit_of_work(by=by, now=now):
            ticket = file_ticket(organization=organization, form=form, by=by, now=now)
            queue = ticket.queue.name if ticket.queue else None
            raise _TriedOnly
    except _TriedOnly:
        return Trial(queue)
    except DomainError as refusal:
        return Trial(refusal=refusal)


def file_rows(*, organization: Organization, forms: Sequence[Form], by: Actor, now: datetime) -> list[Ticket]:
    """File all of these forms in one unit of work and return the tickets.

    :raises RowsRefused: one or more cannot be filed; nothing was.
    """
    refusals: dict[int, DomainError] = {}
    filed: list[Ticket] = []
    with unit_of_work(by=by, now=now):
        for place, form in enumerate(forms):
            try:
                with transaction.atomic():
                    filed.append(file_ticket(organization=organization, form=form, by=by, now=now))
            except DomainError as refusal:
                refusals[place] = refusal
        if refusals:
            raise RowsRefused(refusals)
    return filed
