"""Tries of claims as rows with a due time, brought in line whenever a case is settled.

`plan` is the only place where a try is planned. A try that nobody wants any more is deleted before it is made.
"""

from collections.abc import Mapping
from datetime import datetime

from config.core.uow import UnitOfWork
from migrations_app.enums import RequirementState
from migrations_app.enums.proofs import ProofOccasion, ProofState
from migrations_app.models import MigrationCase, NumberMove, ProofTry
from migrations_app.rules.proof import OPEN_PROOFS, PASSING, NextTry, next_again, next_try, why_not, window_opens
from migrations_app.selectors.haste import rate_of
from migrations_app.services.left_objects import see_to_objects
from migrations_app.services.proof_facts import (
    CaseTries,
    claim_of,
    facts_for,
    last_try,
    proven_at,
    read_tries,
    tries_of_lines,
    was_lost,
)
from tickets.models import Ticket


def sync_proofs(uow: UnitOfWork, ticket: Ticket, case: MigrationCase) -> bool:
    """Plan the tries that a settled case wants, drop those it does not want, and see to objects left at the destination.

    Returns whether a try was planned or dropped.
    """
    numbers = list(NumberMove.objects.filter(case=case).order_by("position"))
    see_to_objects(uow, ticket, case, numbers)
    known = read_tries(ticket, case)
    changed = False
    wanted: dict[NumberMove, tuple[NextTry, ProofOccasion]] = {}
    for number in numbers:
        standing = next((row for row in known.tries.get(number.pk, ()) if row.state in OPEN_PROOFS), None)
        if standing is None:
            found = _wanted(known, number, now=uow.now)
            if found is not None:
                wanted[number] = found
        elif standing.state == ProofState.PLANNED and not _still_wanted(known, number, standing, now=uow.now):
            standing.delete()
            changed = True
    plan(uow, known, wanted)
    return changed or bool(wanted)


def _still_wanted(known: CaseTries, number: NumberMove, row: ProofTry, *, now: datetime) -> bool:
    reason = why_not(facts_for(known, number, now=now, counted=False), ProofOccasion(row.occasion))
    return reason is None or reason in PASSING


def _wanted(known: CaseTries, number: NumberMove, *, now: datetime) -> tuple[NextTry, ProofOccasion] | None:
    """Return the try that a number without one wants, if any."""
    row = known.two_step(number)
    if row is None or row.state not in {RequirementState.CLAIMED, RequirementState.MET}:
        return None
    occasion = ProofOccasion.CLAIM if row.state == RequirementState.CLAIMED else ProofOccasion.AGAIN
    if why_not(facts_for(known, number, now=now, counted=False), occasion) is not None:
        return None
    rate = rate_of(known.ticket)
    if occasion is ProofOccasion.CLAIM:
        following = next_try(last_try(known, number, claim_of(row)), now=now, rate=rate)
    else:
        proven = proven_at(known, number)
        following = next_again(proven, last_try(known, number), now=now, rate=rate) if proven else None
    return (following, occasion) if following else None


def plan(
    uow: UnitOfWork, known: CaseTries, wanted: Mapping[NumberMove, tuple[NextTry, ProofOccasion]]
) -> list[ProofTry]:
    """Plan tries of a locked ticket's numbers, none before the limit allows it, and return their rows."""
    if not wanted:
        return []
    made = tries_of_lines(known.ticket, list(wanted), now=uow.now)
    rate = rate_of(known.ticket)
    rows = []
    for number, (following, occasion) in wanted.items():
        past = known.tries.get(number.pk, ())
        # After a lost try the destination is read first, which no limit forbids.
        lost = bool(past) and was_lost(past[-1])
        opens = uow.now if lost else window_opens(made[number.pk], now=following.due, rate=rate)
        row = ProofTry(
            number=number,
            occasion=occasion,
            claim=claim_of(known.two_step(number)),
            try_no=following.try_no,
            round_started_at=following.round_started_at,
            read_first=bool(past) and past[-1].state == ProofState.UNANSWERED,
            due_at=max(following.due, opens),
            created_at=uow.now,
            updated_at=uow.now,
        )
        rows.append(row)
    return ProofTry.objects.bulk_create(rows)
