"""What follows an outcome: another try, the next way to the same recipient, or giving up; then the ladder goes on.

`take_outcome` and `come_back` write an attempt's state after it has left; `services/outreach.py` does so before.
"""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from random import SystemRandom
from typing import Any

from config.core.uow import UnitOfWork
from migrations_app.enums import BY_PERSON, AttemptState, ChannelName, ChaseState, PinCallState, Stage
from migrations_app.models import Chase, ChaseAttempt, MigrationCase, Notice
from migrations_app.rules.channels import BEST, Follow, Result, Tried, follow, next_way, pause, ways
from migrations_app.rules.ladders import parse_ladder
from migrations_app.rules.lifecycle import ATTEMPT
from migrations_app.selectors.haste import sooner
from migrations_app.selectors.proofs import still_on_numbers
from migrations_app.services import chases
from migrations_app.services.agent_notices import still_news
from migrations_app.services.attempts import AnyAttempt
from migrations_app.services.desk_tasks import NOT_NEEDED
from migrations_app.services.notices import WARNING
from migrations_app.services.pacing import answers_filing, is_nudge, within_hours
from migrations_app.services.recipients import Contact, contact_of
from providers.enums import ExchangeState
from providers.services.outreach import Outcome, capabilities_of
from tickets.enums import OPEN_STATUSES, EventType
from tickets.models import Ticket
from tickets.services.events import record

_LEFT = (AttemptState.SENDING, AttemptState.SENT, AttemptState.UNKNOWN)
_STATES = {
    ExchangeState.SENT: AttemptState.SENT,
    ExchangeState.FAILED: AttemptState.FAILED,
    ExchangeState.UNKNOWN: AttemptState.UNKNOWN,
}
_dice = SystemRandom()


def still_wanted(attempt: AnyAttempt, ticket: Ticket) -> bool:
    """Tell whether a message still has something to say: what it asks or tells may have been overtaken."""
    if isinstance(attempt, ChaseAttempt):
        return attempt.chase.state == ChaseState.ACTIVE
    if attempt.message == "holder_check" and (attempt.holder is None or attempt.holder.answered_at is not None):
        # Whom it asked holds the phone no more, the call has another time, or the answer has come already.
        return False
    if attempt.pin_call is not None and attempt.agent_id is not None:
        return still_news(attempt, attempt.pin_call)
    if attempt.pin_call is not None and attempt.message != "call_cancelled":
        return attempt.pin_call.state == PinCallState.BOOKED
    if attempt.message in {"slot_invitation", "move_instructions"}:
        # Who has booked, or moved, by itself in the meantime needs no invitation.
        return ticket.stage == Stage.READY
    if attempt.message == WARNING:
        # Who was heard of in the meantime needs no warning.
        return ticket.let_go_at is not None
    if attempt.message == "two_step_still_on" and not still_on_numbers(attempt.case):
        # Meanwhile it is off, or the claim is taken back: the ladder has other words for that.
        return False
    return ticket.status in OPEN_STATUSES or attempt.message in {"migration_done", "move_done", "call_cancelled"}


def take_outcome(
    uow: UnitOfWork, ticket: Ticket, case: MigrationCase, attempt: AnyAttempt, outcome: Outcome
) -> AttemptState:
    """Write what became of an attempt of a locked ticket, and plan what follows; return the state it has then."""
    was, to = AttemptState(attempt.state), _STATES[outcome.state]
    if was not in {AttemptState.SENDING, AttemptState.UNKNOWN}:
        # Lost for so long that a person has found out what became of it.
        return was
    if was is not to:
        uow.move(attempt, "state", table=ATTEMPT, to=to, **_columns(uow, to, outcome))
    _tell(uow, ticket, attempt, to)
    if was is AttemptState.SENDING:
        # A late answer to an attempt that was given up changes its row only: the ladder has gone on already.
        _go_on(uow, ticket, case, attempt, outcome)
    return to


def _columns(uow: UnitOfWork, to: AttemptState, outcome: Outcome) -> dict[str, Any]:
    if to is AttemptState.SENT:
        return {"sent_at": uow.now}
    return {"failure": outcome.reason[:60]} if to is AttemptState.FAILED else {}


def _tell(uow: UnitOfWork, ticket: Ticket, attempt: AnyAttempt, state: AttemptState) -> None:
    if isinstance(attempt, ChaseAttempt) and state is AttemptState.SENT:
        record(
            uow, ticket, EventType.CHASE_SENT, chase=attempt.chase_id, attempt=attempt.pk, step=attempt.step + 1,
            requirement=attempt.chase.requirement_code, message=attempt.message, recipient_party=attempt.recipient_party,
            channel=attempt.channel,
        )  # fmt: skip
    if state is AttemptState.UNKNOWN:
        tell_desk(uow, ticket, attempt, EventType.ATTEMPT_UNKNOWN)


def tell_desk(uow: UnitOfWork, ticket: Ticket, attempt: AnyAttempt, kind: EventType, **more: Any) -> None:
    """Record what happened to a message, for the desk only."""
    record(uow, ticket, kind, internal=True, attempt=attempt.pk, message=attempt.message, **more)


def _go_on(uow: UnitOfWork, ticket: Ticket, case: MigrationCase, attempt: AnyAttempt, outcome: Outcome) -> None:
    # What has left needs no other try and no other way: whom to reach how is not even read.
    left = outcome.state is ExchangeState.SENT
    if not left and still_wanted(attempt, ticket) and _plan_other(uow, ticket, case, attempt, outcome):
        return
    if isinstance(attempt, ChaseAttempt):
        chases.climb(uow, ticket, case, attempt)


def _plan_other(uow: UnitOfWork, ticket: Ticket, case: MigrationCase, attempt: AnyAttempt, outcome: Outcome) -> bool:
    """Plan another try or another way, or say that nothing is left; tell whether something was planned."""
    contact = contact_of(attempt, ticket, case)
    if isinstance(attempt, ChaseAttempt) and is_nudge(attempt):
        contact = contact.for_nudges()
    way = next_way(ways_of(attempt, contact), tried=_failed_ways(attempt))
    match follow(_tried(attempt, outcome), another_way=way is not None):
        case Follow.AGAIN:
            asked = timedelta(seconds=outcome.retry_after)
            wait = pause(attempt.try_no, spread=_dice.random(), asked=asked)
            due = _in_hours(ticket, attempt, contact, ChannelName(attempt.channel), uow.now + wait)
            due = sooner(ticket, due, since=uow.now)
            _plan(uow, attempt, {"due_at": due, "try_no": attempt.try_no + 1})
        case Follow.NEXT_WAY if way is not None:
            plan_by(uow, ticket, attempt, contact, way)
            if _silences(attempt, after=uow.now):
                # The next way is gone only when a promise or a snooze is over: until then a person should see the bad address.
                give_up(uow, ticket, attempt, outcome.reason)
        case Follow.GIVE_UP:
            give_up(uow, ticket, attempt, outcome.reason)
            return False
        case _:
            return False
    return True


def _tried(attempt: AnyAttempt, outcome: Outcome) -> Tried:
    result = Result.PASSING
    if outcome.state is ExchangeState.FAILED and outcome.permanent:
        result = Result.REFUSED
    elif outcome.state is not ExchangeState.FAILED:
        result = Result(outcome.state.value)
    repeated = bool(attempt.message_key) and _same_rung(attempt).filter(
        message_key=attempt.message_key, state=AttemptState.UNKNOWN
    ).exclude(pk=attempt.pk).exists()  # fmt: skip
    return Tried(result, attempt.try_no, capabilities_of(attempt.channel).repeatable, repeated)


def _same_rung(attempt: AnyAttempt) -> Any:
    """Return the tries of the same message by all ways: of a rung those of this round."""
    if isinstance(attempt, ChaseAttempt):
        rows = ChaseAttempt.objects.filter(chase=attempt.chase, step=attempt.step)
        return rows.filter(created_at__gte=attempt.chase.round_started_at or attempt.chase.created_at)
    same = Notice.objects.filter(case=attempt.case, pin_call=attempt.pin_call, message=attempt.message)
    return same.filter(holder=attempt.holder_id, agent=attempt.agent_id, moved_from=attempt.moved_from)


def _failed_ways(attempt: AnyAttempt) -> set[str]:
    failed = (
        _same_rung(attempt).filter(state__in=[AttemptState.FAILED, AttemptState.BOUNCED]).exclude(failure=NOT_NEEDED)
    )
    return {attempt.channel, *failed.values_list("channel", flat=True)}


def ways_of(attempt: AnyAttempt, contact: Contact) -> list[ChannelName]:
    """Return the ways to the recipient in their order. No person is sent to tell what a notice says."""
    if not isinstance(attempt, ChaseAttempt):
        return ways(BEST, there_are=contact.ways, machines_only=True)
    rungs = parse_ladder(attempt.chase.steps)
    return ways(rungs[attempt.step].channel, there_are=contact.ways)


def plan_by(
    uow: UnitOfWork, ticket: Ticket, attempt: AnyAttempt, contact: Contact, way: ChannelName, *, at_once: bool = False
) -> None:
    """Plan a message anew by another way, as soon as the recipient's hours allow; `at_once`: a person wants it now."""
    opens = sooner(ticket, _in_hours(ticket, attempt, contact, way, uow.now), since=uow.now)
    due = uow.now if at_once else opens
    anew = {"channel": way, "address": contact.address_by(way), "try_no": 1, "message_key": "", "due_at": due}
    _plan(uow, attempt, anew)


def _in_hours(ticket: Ticket, attempt: AnyAttempt, contact: Contact, way: ChannelName, due: datetime) -> datetime:
    """Return the first moment from `due` on at which a message may leave.

    A nudge keeps to the recipient's hours, and waits until a promise or a snooze is over. What answers a filing, what tells of
    a call and what goes to a machine does not wait. What a person has to do waits for the desk, whichever rung it is.
    """
    if not isinstance(attempt, ChaseAttempt) or way is ChannelName.HTTP:
        return due
    chase = attempt.chase
    step = replace(parse_ladder(chase.steps)[attempt.step], channel=way)
    if answers_filing(chase, step) and way not in BY_PERSON:
        return due
    return within_hours(ticket, step, contact, max([due, *_silences(attempt, after=due)]))


def _silences(attempt: AnyAttempt, *, after: datetime) -> list[datetime]:
    """Return when a promise and a snooze of an attempt's chase are over, as far as they are not over by then."""
    if not isinstance(attempt, ChaseAttempt):
        return []
    ends = (attempt.chase.promise_at, attempt.chase.snoozed_until)
    return [end for end in ends if end is not None and end > after]


def _plan(uow: UnitOfWork, attempt: AnyAttempt, changes: Mapping[str, Any]) -> None:
    """Write a fresh row for the same message."""
    names = ["channel", "message", "recipient_party", "language", "address", "message_key"]
    of_chase, of_notice = ["chase_id", "step"], ["case_id", "pin_call_id", "holder_id", "agent_id", "moved_from"]
    names += of_chase if isinstance(attempt, ChaseAttempt) else of_notice
    copied = {name: getattr(attempt, name) for name in names} | dict(changes)
    fresh = type(attempt)._default_manager.create(**copied, created_at=uow.now, updated_at=uow.now)  # noqa: SLF001
    if isinstance(fresh, ChaseAttempt):
        Chase.objects.filter(pk=fresh.chase_id).update(next_at=fresh.due_at, updated_at=uow.now)


def give_up(uow: UnitOfWork, ticket: Ticket, attempt: AnyAttempt, reason: str) -> None:
    """Put a message that no way could deliver into the list that a person looks at."""
    _rows(attempt).update(undelivered_at=uow.now, failure=reason[:60])
    attempt.undelivered_at, attempt.failure = uow.now, reason[:60]
    tell_desk(uow, ticket, attempt, EventType.ATTEMPT_UNDELIVERED, reason=reason)


def _rows(attempt: AnyAttempt) -> Any:
    return type(attempt)._default_manager.filter(pk=attempt.pk)  # noqa: SLF001  (Django's documented generic access)


def come_back(
    uow: UnitOfWork, ticket: Ticket, case: MigrationCase, attempt: AnyAttempt, *, permanent: bool, reason: str
) -> bool:
    """Record that a message of a locked ticket which had left came back; go on as after a failure. Tell whether it was so."""
    if attempt.state == AttemptState.UNKNOWN:
        # That it came back shows that it had left.
        uow.move(attempt, "state", table=ATTEMPT, to=AttemptState.SENT, sent_at=attempt.claimed_at)
    if attempt.state != AttemptState.SENT:
        return False
    uow.move(attempt, "state", table=ATTEMPT, to=AttemptState.BOUNCED, failure=reason[:60])
    tell_desk(uow, ticket, attempt, EventType.ATTEMPT_BOUNCED, reason=reason, to=attempt.recipient_party)
    if still_wanted(attempt, ticket) and _is_newest(attempt):
        outcome = Outcome(ExchangeState.FAILED, reason=reason, permanent=permanent)
        _make_room(uow, ticket, case, attempt, outcome)
    return True


def _is_newest(attempt: AnyAttempt) -> bool:
    """Tell whether nothing else has left for the same purpose since: then the ladder has to go back to it."""
    if not isinstance(attempt, ChaseAttempt):
        return True
    return not ChaseAttempt.objects.filter(chase=attempt.chase, pk__gt=attempt.pk, state__in=_LEFT).exists()


def _make_room(uow: UnitOfWork, ticket: Ticket, case: MigrationCase, attempt: AnyAttempt, outcome: Outcome) -> None:
    """Plan another try of a rung in the place of the rung after it, which waits until this one has been heard.

    Where no way is left, the rung after it stays as it was planned.
    """
    waiting = ChaseAttempt.objects.none()
    if isinstance(attempt, ChaseAttempt):
        waiting = ChaseAttempt.objects.filter(chase=attempt.chase, state=AttemptState.PLANNED)
    after = list(waiting)
    waiting.delete()
    if not _plan_other(uow, ticket, case, attempt, outcome):
        ChaseAttempt.objects.bulk_create(after)
