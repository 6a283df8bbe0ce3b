"""What decides whether a case's numbers may be tried at Meta, and what they have behind them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from migrations_app.enums import NumberState, RequirementCode, RequirementState, Stage
from migrations_app.enums.proofs import ProofOccasion, ProofState
from migrations_app.models import MigrationCase, NumberMove, ProofTry, Requirement
from migrations_app.rules.lifecycle import CLEAR_FOR_SCHEDULING
from migrations_app.rules.phone import variants
from migrations_app.rules.proof import (
    OPEN_PROOFS,
    PASSING,
    WINDOW,
    PastTry,
    TryFacts,
    WhyNot,
    claim_began,
    speaks_against,
    why_not,
)
from migrations_app.selectors.cases import is_by_api
from migrations_app.selectors.haste import rate_of, wait_of
from migrations_app.selectors.proofs import tries_of
from providers.models import MetaAccount
from providers.selectors.exchanges import subject_of, tried_at
from providers.services import whatsapp
from providers.services.tokens import token_of
from tickets.models import Ticket

PROCESS_LOST = "process_lost"
"""The key of a try whose process died on the way."""


@dataclass(frozen=True)
class CaseTries:
    """What the tries of one case depend on, read once."""

    ticket: Ticket
    case: MigrationCase
    account: MetaAccount | None
    rows: Sequence[Requirement]
    tries: Mapping[int, Sequence[ProofTry]]

    def two_step(self, number: NumberMove) -> Requirement | None:
        """Return the number's requirement that two-step verification is off."""
        wanted = (RequirementCode.TWO_STEP_DISABLED, number.pk)
        return next((row for row in self.rows if (row.code, row.number_id) == wanted), None)

    def is_clear(self, code: str, number: NumberMove) -> bool | None:
        """Tell whether a requirement stands in the way of nothing; None where it is not asked at all."""
        states = {row.state for row in self.rows if row.code == code and row.number_id in {None, number.pk}}
        return states <= CLEAR_FOR_SCHEDULING if states else None


def read_tries(ticket: Ticket, case: MigrationCase) -> CaseTries:
    """Return what the tries of a case depend on."""
    account_id = case.playbook_copy.get("meta_account_id") if is_by_api(case) else None
    account = MetaAccount.objects.filter(pk=account_id).first() if account_id else None
    rows = sorted(case.requirements.all(), key=lambda row: row.pk)
    return CaseTries(ticket, case, account, rows, tries_of(case))


def facts_for(known: CaseTries, number: NumberMove, *, now: datetime, counted: bool = True) -> TryFacts:
    """Return what decides whether a number may be tried now; `counted` False leaves the limit out, which spares a read."""
    ticket, case, account = known.ticket, known.case, known.account
    row = known.two_step(number)
    payment = known.is_clear(RequirementCode.DESTINATION_PAYMENT, number)
    app = known.is_clear(RequirementCode.APP_SUBSCRIBED, number)
    return TryFacts(
        by_api=is_by_api(case),
        account=account is not None and bool(account.waba_id),
        token=ticket.test or bool(token_of(account)),
        payment=bool(account and account.payment_ready) if payment is None else payment,
        app=bool(account and account.app_subscribed) if app is None else app,
        # The sandbox keeps no objects at anybody's destination.
        queue_allows=ticket.test or bool(ticket.queue and ticket.queue.tries_claims),
        stage=Stage(case.stage),
        on_hold=ticket.on_hold,
        number=NumberState(number.state),
        two_step=RequirementState(row.state) if row else None,
        under_way=any(row.state == ProofState.TRYING for row in known.tries.get(number.pk, ())),
        tries_in_window=len(tries_in_window(ticket, number, now=now)) if counted else 0,
    )


def tries_in_window(ticket: Ticket, number: NumberMove, *, now: datetime) -> list[datetime]:
    """Return when the line was tried of late, in whatever form and by whatever ticket."""
    return tries_of_lines(ticket, [number], now=now)[number.pk]


def tries_of_lines(ticket: Ticket, numbers: Sequence[NumberMove], *, now: datetime) -> dict[int, list[datetime]]:
    """Return when each of these lines was tried of late, by number id; what a test ticket tries counts for it alone."""
    own = ticket.reference if ticket.test else ""
    forms = {
        number.pk: {subject_of(form, own) for form in {number.number, *variants(number.number)}} for number in numbers
    }
    every = set().union(*forms.values())
    made = tried_at(subject_keys=every, purpose=whatsapp.START, since=now - wait_of(ticket, WINDOW))
    return {pk: [moment for key, moment in made if key in keys] for pk, keys in forms.items()}


def claim_of(row: Requirement | None) -> str:
    """Return what tells the standing claim of a requirement from earlier ones."""
    return claim_began(row.evidence, row.evidence_history) if row else ""


def last_try(known: CaseTries, number: NumberMove, claim: str | None = None) -> PastTry | None:
    """Return the last try that has ended, of one claim where that is given."""
    for past in reversed(known.tries.get(number.pk, ())):
        if past.ended_at is not None and claim in {None, past.claim}:
            return PastTry(
                ProofState(past.state),
                past.try_no,
                past.round_started_at or past.ended_at,
                past.ended_at,
                cleared=bool(past.stumbled_over) and bool(known.is_clear(past.stumbled_over, number)),
                lost=was_lost(past),
            )
    return None


def was_lost(past: ProofTry) -> bool:
    """Tell whether a try ended because its process died."""
    return bool((past.answer or {}).get("key") == PROCESS_LOST)


def proven_at(known: CaseTries, number: NumberMove) -> datetime | None:
    """Return when Meta last accepted the number's move; None when it never did."""
    row = known.two_step(number)
    found = [past.ended_at for past in known.tries.get(number.pk, ()) if past.state == ProofState.ACCEPTED]
    times = [moment for moment in found if moment is not None]
    if row is not None and (row.evidence or {}).get("meta_accepted_migration"):
        times.append(datetime.fromisoformat(str((row.evidence or {})["at"])))
    return max(times, default=None)


def is_contested(ticket: Ticket, case: MigrationCase, *, now: datetime) -> bool:
    """Tell whether Meta is about to be asked about a claim of the case, or has seen two-step verification on when asked last.

    False where claims are not tried: then nobody but the claim tells.
    """
    known = read_tries(ticket, case)
    return any(_is_contested(known, number, now=now) for number in NumberMove.objects.filter(case=case))


def contested_numbers(ticket: Ticket, case: MigrationCase, *, now: datetime) -> frozenset[int]:
    """Return the numbers (ids) whose standing claim Meta did not believe when asked last; none where claims are not tried."""
    if not ProofTry.objects.filter(number__case=case, state=ProofState.STILL_ON).exists():
        return frozenset()
    known = read_tries(ticket, case)
    return frozenset(
        number.pk
        for number in NumberMove.objects.filter(case=case)
        if _is_contested(known, number, now=now) and _denied(known, number)
    )


def _denied(known: CaseTries, number: NumberMove) -> bool:
    last = last_try(known, number, claim_of(known.two_step(number)))
    return last is not None and last.state is ProofState.STILL_ON


def _is_contested(known: CaseTries, number: NumberMove, *, now: datetime) -> bool:
    reason = why_not(facts_for(known, number, now=now, counted=False), ProofOccasion.CLAIM)
    if reason not in {None, WhyNot.ON_HOLD, *PASSING}:
        return False
    standing = (row.due_at for row in known.tries.get(number.pk, ()) if row.state in OPEN_PROOFS)
    # What is on hold is tried as soon as that is over.
    due = next(standing, now if reason is WhyNot.ON_HOLD else None)
    return speaks_against(
        last_try(known, number, claim_of(known.two_step(number))), due=due, now=now, rate=rate_of(known.ticket)
    )
