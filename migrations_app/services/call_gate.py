"""Beginning a call: what was proven too long ago is proven anew first. No transaction is open while Meta is asked."""

from collections.abc import Collection
from datetime import datetime

from config.core.actor import Actor
from config.core.uow import unit_of_work
from migrations_app.enums import PinCallState, RequirementState
from migrations_app.enums.proofs import ProofOccasion, ProofState
from migrations_app.models import NumberMove, PinCall, ProofTry
from migrations_app.rules.proof import HOLDS, NextTry, why_not
from migrations_app.selectors.cases import case_of
from migrations_app.selectors.haste import wait_of
from migrations_app.selectors.shared_calls import others_of
from migrations_app.services import call_run, call_state
from migrations_app.services.call_run import Override
from migrations_app.services.destination_reads import read_destinations
from migrations_app.services.proof_facts import CaseTries, facts_for, proven_at, read_tries
from migrations_app.services.proof_plan import plan
from migrations_app.services.proofs import bring_forward, try_due
from tickets.services.tickets import lock_ticket


def start_proven_call(
    *,
    ticket_id: int,
    call_id: str,
    without: Collection[int] = (),
    override: Override | None = None,
    by: Actor,
    now: datetime,
) -> None:
    """Begin a call, after the destination was read and numbers without a fresh proof were tried at Meta.

    A number that Meta refuses leaves the call with its requirement open; the others go on. It refuses as `call_run.start_call`.
    """
    call = call_state.shown_call(ticket_id=ticket_id, call_id=call_id)
    rows = [call, *others_of(call)]
    if call.state == PinCallState.BOOKED:
        read_destinations(rows, by=by, now=now)
    still_on = {number for row in rows for number in _prove(row, by=by, now=now)}
    left = still_on | set(without)
    call_run.start_call(ticket_id=ticket_id, call_id=call_id, without=left, override=override, by=by, now=now)


def _prove(call: PinCall, *, by: Actor, now: datetime) -> frozenset[int]:
    """Try the numbers of one ticket's call whose proof is missing or old, and return those that are still protected."""
    still_on: set[int] = set()
    if call.state != PinCallState.BOOKED:
        return frozenset()
    for number_id, try_id in _plan(call, by=by, now=now):
        state = try_due(try_id, by=by, now=now)
        if state is ProofState.STILL_ON:
            still_on.add(number_id)
        if state is ProofState.UNANSWERED:
            # Meta is not to be had: the call itself will find out, number by number.
            break
    return frozenset(still_on)


def _plan(call: PinCall, *, by: Actor, now: datetime) -> list[tuple[int, int]]:
    """Plan the tries that the call needs; return (number, try)."""
    found: list[tuple[int, int]] = []
    with unit_of_work(by=by, now=now) as uow:
        ticket = lock_ticket(uow, call.ticket_id)
        known = read_tries(ticket, case_of(ticket.pk))
        for number in call.numbers.order_by("call_lines__position"):
            if not _is_due(known, number, now=now):
                continue
            row = ProofTry.objects.filter(number=number, state=ProofState.PLANNED).first()
            if row is not None:
                bring_forward(row, ProofOccasion.CALL, now=now)
            else:
                row = plan(uow, known, {number: (NextTry(now), ProofOccasion.CALL)})[0]
            found.append((number.pk, row.pk))
    return found


def _is_due(known: CaseTries, number: NumberMove, *, now: datetime) -> bool:
    """Tell whether a number is to be tried before its call: it may be, and no proof of the last 72 hours stands."""
    if why_not(facts_for(known, number, now=now), ProofOccasion.CALL) is not None:
        return False
    row = known.two_step(number)
    proven = proven_at(known, number)
    fresh = proven is not None and proven > now - wait_of(known.ticket, HOLDS)
    # What an agent confirmed by its own word is not doubted.
    by_word = row is not None and row.state == RequirementState.MET and proven is None
    claimed = row is not None and row.state == RequirementState.CLAIMED
    return claimed or not (fresh or by_word)
