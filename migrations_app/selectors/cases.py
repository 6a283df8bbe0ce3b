"""Reading cases: the facts that rules judge, and what documents show."""

from collections.abc import Iterable
from datetime import datetime

from django.db.models import Prefetch, Q, QuerySet

from config.core.errors import NotFound
from migrations_app.enums import (
    Blocks,
    BusinessVerification,
    ChaseState,
    ConnectionStatus,
    DeskTaskState,
    DisplayNameStatus,
    Execution,
    Flow,
    LineType,
    NumberState,
    OtpMethod,
    PinCallState,
    RequirementCode,
    RequirementState,
    Stage,
)
from migrations_app.enums.ladders import AtEnd
from migrations_app.models import (
    Chase,
    DeskTask,
    MigrationCase,
    NumberMove,
    PinCall,
    PinCallNumber,
    ProofTry,
    Requirement,
)
from migrations_app.rules.facts import NumberAnswers
from migrations_app.rules.flows import FlowPlan, plan_of
from migrations_app.rules.ladders import at_end
from migrations_app.rules.lifecycle import MOVED
from migrations_app.rules.phone import NotAPhoneNumber, match_key, parse_phone
from migrations_app.rules.progress import ENDED, CaseFacts, NumberFacts, RequirementFacts
from migrations_app.rules.proof import BY_META, OPEN_PROOFS
from migrations_app.selectors.test_desk import stands_in_triage
from tickets.enums import Party
from tickets.models import Ticket
from tickets.selectors.desk import matching


def case_of(ticket_id: int) -> MigrationCase:
    """Return the case of a ticket, with its BSP and playbook.

    :raises NotFound: the ticket has none.
    """
    found = MigrationCase.objects.select_related("current_bsp", "playbook").filter(ticket_id=ticket_id).first()
    if found is None:
        raise NotFound
    return found


def facts_of(case: MigrationCase, ticket: Ticket) -> CaseFacts:
    """Return everything that decides where the case stands, read under the ticket's lock."""
    calls = dict(
        PinCallNumber.objects.filter(
            # A running call is one for this case only as long as a number of it is still to move there.
            Q(pin_call__state=PinCallState.BOOKED)
            | Q(pin_call__state=PinCallState.STARTED, number__state__in=set(NumberState) - MOVED),
            number__case=case,
            left_at=None,
        ).values_list("number_id", "pin_call__state")
    )
    exhausted, task_open = asking_facts(case)
    return CaseFacts(
        stage=Stage(case.stage),
        plan=case_plan(case),
        in_triage=stands_in_triage(ticket),
        call_booked=PinCallState.BOOKED in calls.values(),
        call_started=PinCallState.STARTED in calls.values(),
        in_call=frozenset(calls),
        reviews_claims=bool(ticket.queue and ticket.queue.reviews_claims),
        verification_pending=case.business_verification == BusinessVerification.PENDING,
        chase_exhausted=exhausted,
        task_open=task_open,
        tried=_tried(case, ticket),
        # Nothing is asked any more for a number that is live or left out.
        requirements=tuple(
            requirement_facts(row) for row in case.requirements.exclude(number__state__in=MOVED).order_by("id")
        ),
        numbers=tuple(NumberFacts(row.pk, NumberState(row.state)) for row in case.numbers.order_by("position")),
    )


def _tried(case: MigrationCase, ticket: Ticket) -> frozenset[int]:
    """Return the numbers whose claim is tried; it tells whom we wait for only where claims do not suffice by themselves."""
    if not (ticket.queue and ticket.queue.reviews_claims):
        return frozenset()
    rows = ProofTry.objects.filter(number__case=case, state__in=OPEN_PROOFS)
    return frozenset(rows.values_list("number_id", flat=True))


def claims_to_judge(case: MigrationCase, ticket: Ticket) -> list[Requirement]:
    """Return the claims that an agent has to judge: where the queue reviews claims, those that are not being tried at Meta."""
    if case.stage in ENDED or not (ticket.queue and ticket.queue.reviews_claims):
        return []
    tried = _tried(case, ticket)
    rows = case.requirements.filter(state=RequirementState.CLAIMED).exclude(number__state__in=MOVED).order_by("id")
    return [row for row in rows if row.code != RequirementCode.TWO_STEP_DISABLED or row.number_id not in tried]


def asking_facts(case: MigrationCase) -> tuple[bool, bool]:
    """Return what starting and ending chases change: whether a person must take over, whether one has something to do."""
    ends = Chase.objects.filter(case=case, state=ChaseState.EXHAUSTED).values_list("on_exhausted", flat=True)
    return (
        any(AtEnd.ESCALATE in at_end(end) for end in ends),
        DeskTask.objects.filter(case=case, state=DeskTaskState.OPEN).exists(),
    )


def case_plan(case: MigrationCase) -> FlowPlan:
    """Return what the case's move needs: a call or none, and who takes the step."""
    return plan_of(Flow(case.flow), Execution(case.playbook_copy["execution"]))


def is_by_api(case: MigrationCase) -> bool:
    """Tell whether we begin the case's moves at Meta ourselves, in a call."""
    return case_plan(case).call and case.playbook_copy["execution"] == Execution.GRAPH_API


def requirement_facts(row: Requirement) -> RequirementFacts:
    """Return a requirement as the rules see it."""
    return RequirementFacts(
        code=RequirementCode(row.code),
        owner=Party(row.owner),
        blocks=Blocks(row.blocks),
        state=RequirementState(row.state),
        number_id=row.number_id,
        refused=row.state == RequirementState.UNMET and row.decided_by == BY_META,
    )


def number_answers(row: NumberMove) -> NumberAnswers:
    """Return what was filed about a number as the rules see it."""
    return NumberAnswers(
        number=row.number,
        line_type=LineType(row.line_type),
        behind_ivr=row.behind_ivr,
        otp_method=OtpMethod(row.otp_method) if row.otp_method else None,
        has_otp_contact=bool(row.otp_contact_name and (row.otp_contact_phone or row.otp_contact_email)),
        display_name_status=DisplayNameStatus(row.display_name_status),
        connection_status=ConnectionStatus(row.connection_status),
    )


def documents(tickets: Iterable[Ticket]) -> dict[int, MigrationCase]:
    """Return the cases of these tickets by ticket id, with everything a document shows, in a fixed number of queries.

    Fetched per case: BSP, playbook, numbers in order, requirements in order, calls with agent and lines.
    """
    cases = MigrationCase.objects.filter(ticket__in=[ticket.pk for ticket in tickets])
    return {case.ticket_id: case for case in _with_all_shown(cases.select_related("current_bsp", "playbook"))}


def document_of(organization_id: int, reference: str, *, test: bool) -> MigrationCase:
    """Return one case with everything a document shows, its ticket and that ticket's queue included, in four queries.

    :raises NotFound: the ticket does not exist for this organization.
    """
    cases = MigrationCase.objects.filter(
        ticket__organization_id=organization_id, ticket__reference=reference, ticket__test=test
    ).select_related("ticket__queue", "current_bsp", "playbook")
    for case in _with_all_shown(cases):
        return case
    raise NotFound


def _with_all_shown(cases: QuerySet[MigrationCase]) -> QuerySet[MigrationCase]:
    calls = PinCall.objects.filter(state__in=SHOWN_CALLS).select_related("agent").order_by("start", "id")
    numbers = NumberMove.objects.order_by("position").prefetch_related(Prefetch("pin_calls", queryset=calls))
    requirements = Requirement.objects.order_by("id")
    return cases.prefetch_related(
        Prefetch("numbers", queryset=numbers), Prefetch("requirements", queryset=requirements)
    )


SHOWN_CALLS = (
    PinCallState.BOOKED,
    PinCallState.STARTED,
    PinCallState.FINISHED,
    PinCallState.CANCELLED,
    PinCallState.NO_SHOW,
)


def calls_of(case: MigrationCase) -> list[PinCall]:
    """Return the calls of a case fetched by `documents`, in order of time, each once."""
    found: dict[int, PinCall] = {}
    for number in case.numbers.all():
        for call in number.pin_calls.all():
            found[call.pk] = call
    return sorted(found.values(), key=lambda call: (call.start, call.pk))


def shown_calls(ticket_id: int) -> QuerySet[PinCall]:
    """Return every call that a ticket was given at some time, with its numbers in their order; holds are none."""
    numbers = NumberMove.objects.order_by("position").prefetch_related("pin_calls")
    rows = PinCall.objects.filter(ticket_id=ticket_id, state__in=SHOWN_CALLS).select_related("agent")
    return rows.prefetch_related(Prefetch("numbers", queryset=numbers))


def current_call(calls: Iterable[PinCall]) -> PinCall | None:
    """Return the running call, else the next booked one."""
    waiting = [call for call in calls if call.state in {PinCallState.BOOKED, PinCallState.STARTED}]
    return waiting[0] if waiting else None


def open_holders(numbers: Iterable[str], *, except_case: int | None = None) -> QuerySet[NumberMove]:
    """Return the open moves that hold any of these lines, in whatever form they were filed."""
    keys = {match_key(number) for number in numbers}
    held = NumberMove.objects.filter(match_key__in=keys, holding=True).select_related("case__ticket")
    return held.exclude(case_id=except_case) if except_case else held


def own_open_tickets(organization_id: int, numbers: Iterable[str]) -> dict[str, str]:
    """Return the organization's tickets that move any of these lines, by match key. Others' are not even looked at."""
    held = open_holders(numbers).filter(case__ticket__organization_id=organization_id)
    return dict(held.values_list("match_key", "case__ticket__reference"))


def tickets_with_number(tickets: QuerySet[Ticket], number: str) -> QuerySet[Ticket]:
    """Narrow tickets to those with this number in any of its forms."""
    return tickets.filter(pk__in=NumberMove.objects.filter(match_key=match_key(number)).values("case__ticket_id"))


def tickets_matching(tickets: QuerySet[Ticket], text: str) -> QuerySet[Ticket]:
    """Narrow tickets to what somebody types into a search: a whole phone number finds its line in any of its forms."""
    if text.startswith("+") and not any(char.isalpha() for char in text):
        try:
            return tickets_with_number(tickets, parse_phone(text).number)
        except NotAPhoneNumber:
            pass  # a part of one
    return matching(tickets, text)


def tickets_leaving(tickets: QuerySet[Ticket], slugs: Iterable[str]) -> QuerySet[Ticket]:
    """Narrow tickets to those whose numbers leave one of these BSPs."""
    return tickets.filter(origin__in=list(slugs))


def cooling_due(*, now: datetime, limit: int) -> list[int]:
    """Return the ids of numbers whose cool-down is over."""
    rows = NumberMove.objects.filter(state=NumberState.COOLING_DOWN, cool_down_until__lte=now).order_by(
        "cool_down_until"
    )
    return list(rows.values_list("id", flat=True)[:limit])


def auto_close_due(*, now: datetime, limit: int) -> list[int]:
    """Return the ids of resolved tickets that close now."""
    return list(
        Ticket.objects.filter(auto_close_at__lte=now).order_by("auto_close_at").values_list("id", flat=True)[:limit]
    )
