"""Sending what is due: claim (commit), send, record (commit). The only writer of an attempt's state.

A worker that dies between claim and record leaves the attempt `sending`; when its lease is over it becomes `unknown`
and is shown to a person. It is never sent again by itself.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from django.conf import settings

from config.core.actor import Actor
from config.core.errors import NotFound
from config.core.uow import IllegalTransition, UnitOfWork, unit_of_work
from migrations_app.enums import BY_PERSON, AttemptState
from migrations_app.models import ChaseAttempt, MigrationCase, Notice
from migrations_app.rules.lifecycle import ATTEMPT
from migrations_app.rules.wording import OWN_SUBJECT
from migrations_app.selectors.cases import case_of
from migrations_app.selectors.due import is_due
from migrations_app.services import bundling, chases, desk_rungs, page_links
from migrations_app.services.attempts import TICKET_OF, AnyAttempt, locked_attempt
from migrations_app.services.bundling import Member
from migrations_app.services.call_words import with_links
from migrations_app.services.delivery import come_back, give_up, still_wanted, take_outcome
from migrations_app.services.holder_links import with_own_link
from migrations_app.services.lengths import call_length
from migrations_app.services.messages import NoAddress, NotNow, compose_chase, compose_notice
from migrations_app.services.notices import INVITATION, comes_too_late
from migrations_app.services.preparing import pass_by, remember_prepared
from migrations_app.services.proposals import choose_times
from migrations_app.services.settle import settle
from migrations_app.services.threads import Place, named, new_key
from providers.enums import ExchangeState
from providers.models import Exchange
from providers.services import endpoints, exchanges
from providers.services.outreach import Outcome, send
from providers.types import OutboundMessage
from tickets.models import Ticket
from tickets.services.tickets import lock_ticket


@dataclass(frozen=True)
class Claimed:
    """One message that is ours to send, with its exchange row already committed, and the attempts that leave with it."""

    attempt_ids: tuple[int, ...]
    exchange_id: int
    channel: str
    message: OutboundMessage


def send_due(model: type[AnyAttempt], attempt_id: int, *, by: Actor, now: datetime) -> AttemptState | None:
    """Send one due attempt and return what became of it; None when somebody else has it or it is not needed any more.

    A rung by person is not sent: it goes into the agents' list.
    """
    if not is_due(model, attempt_id, now=now):
        # A sweep hands out what is due at every tick until it is claimed: most tasks of a long backlog end here, without a lock.
        return None
    if model is ChaseAttempt and desk_rungs.is_by_person(attempt_id):
        return desk_rungs.hand_over(attempt_id, by=by, now=now)
    claimed = _claim(model, attempt_id, by=by, now=now)
    if claimed is None:
        return None
    outcome = send(claimed.message, channel=claimed.channel)
    return _record(model, claimed, outcome, by=by, now=now)


def _claim(model: type[AnyAttempt], attempt_id: int, *, by: Actor, now: datetime) -> Claimed | None:
    with unit_of_work(by=by, now=now) as uow:
        mates = bundling.lock_company(uow, attempt_id) if model is ChaseAttempt else []
        found = locked_attempt(uow, model, attempt_id)
        if found is None:
            return None
        attempt, ticket, case = found
        if attempt.state != AttemptState.PLANNED or attempt.due_at > now:
            return None
        late = isinstance(attempt, Notice) and comes_too_late(attempt, now=now)
        if late or not still_wanted(attempt, ticket):
            attempt.delete()
            return None
        try:
            if isinstance(attempt, ChaseAttempt) and bundling.leaves_together(attempt, ticket):
                return _claim_nudge(uow, Member(attempt, ticket, case), mates)
            key = attempt.message_key or new_key()
            message = _message(uow, attempt, ticket, case, key=key)
        except NotNow:
            pass_by(uow, ticket, case, attempt)
            settle(uow, ticket, case)
            return None
        except NoAddress:
            _no_address(uow, attempt, ticket, case)
            return None
        claimed = _begin(uow, [(attempt, ticket, case)], message, name=attempt.message, key=key)
        # After the log was written: who reads the log must not be able to answer for somebody.
        return replace(claimed, message=with_own_link(claimed.message, attempt, now=now))


def _claim_nudge(uow: UnitOfWork, first: Member, mates: Sequence[int]) -> Claimed | None:
    """Claim a reminder by mail and what else is due for its address, if its recipient may be written to now."""
    mailbox = bundling.may_leave(uow, first)
    if mailbox is None:
        return None
    row = first.attempt
    key = row.message_key or new_key()
    message = _message(uow, row, first.ticket, first.case, key=key)
    company = bundling.company_of(uow, first, mates)
    name = row.message
    if company:
        # Its own name: a try of one of them alone is another message.
        key, digest = "", bundling.digest_of(uow, first, message, company)
        place = Place(chase=row.chase, key=new_key(), at=uow.now, own_title=True)
        message = named(digest[0], channel=row.channel, place=place)
        name = digest[1]
    members = [first, *(member for member, _entry in company)]
    claimed = _begin(uow, [(m.attempt, m.ticket, m.case) for m in members], message, name=name, key=key)
    # After the log was written: who reads the log needs no link that stops reminders.
    return replace(claimed, message=bundling.with_way_out(claimed.message, mailbox, members))


def _begin(
    uow: UnitOfWork,
    rows: Sequence[tuple[AnyAttempt, Ticket, MigrationCase]],
    message: OutboundMessage,
    *,
    name: str,
    key: str,
) -> Claimed:
    """Put a message on record with every attempt that leaves with it; `name` is that of its text."""
    first, ticket, _case = rows[0]
    purpose = f"{'chase' if isinstance(first, ChaseAttempt) else 'notice'}.{name}"
    exchange = exchanges.begin_message(
        message=message,
        purpose=purpose,
        subject_key=f"ticket:{ticket.reference}",
        channel=first.channel,
        now=uow.now,
    )
    for attempt, _ticket, case in rows:
        uow.move(
            attempt, "state", table=ATTEMPT, to=AttemptState.SENDING, claimed_at=uow.now, exchange_id=exchange.pk,
            message_key=key, message=attempt.message,
        )  # fmt: skip
        remember_prepared(attempt, case)
    # After the log was written: who reads the log needs no link that books a call or answers for the client.
    message = page_links.with_page_links(uow, [each for _row, each, _case in rows], message)
    message = with_links(uow, first, ticket, message)
    return Claimed(tuple(attempt.pk for attempt, _ticket, _case in rows), exchange.pk, first.channel, message)


def _message(uow: UnitOfWork, attempt: AnyAttempt, ticket: Ticket, case: MigrationCase, *, key: str) -> OutboundMessage:
    """Return what leaves: the text that suits the moment, in its place in the conversation."""
    if attempt.message == INVITATION:
        choose_times(uow, ticket, case)
    message = _compose(attempt, ticket, case, uow.now)
    place = Place(chase=getattr(attempt, "chase", None), key=key, at=uow.now, own_title=attempt.message in OWN_SUBJECT)
    return named(message, channel=attempt.channel, place=place)


def _compose(attempt: AnyAttempt, ticket: Ticket, case: MigrationCase, now: datetime) -> OutboundMessage:
    if isinstance(attempt, ChaseAttempt):
        return compose_chase(attempt, ticket, case, now=now)
    return compose_notice(attempt, ticket, case, attempt.pin_call, minutes=call_length().minutes(case.numbers.count()))


def _no_address(uow: UnitOfWork, attempt: AnyAttempt, ticket: Ticket, case: MigrationCase) -> None:
    """Nobody to write to by this way: the row says so, and it goes on as after any failure."""
    uow.move(attempt, "state", table=ATTEMPT, to=AttemptState.SENDING, claimed_at=uow.now)
    outcome = Outcome(ExchangeState.FAILED, reason="no_address", permanent=True)
    take_outcome(uow, ticket, case, attempt, outcome)
    settle(uow, ticket, case)


def _record(model: type[AnyAttempt], claimed: Claimed, outcome: Outcome, *, by: Actor, now: datetime) -> AttemptState:
    """Write what became of a message, attempt by attempt: one that cannot be written does not keep the others from it."""
    states, broken = list[AttemptState](), list[Exception]()
    for attempt_id in claimed.attempt_ids:
        try:
            states.append(_record_one(model, attempt_id, claimed, outcome, by=by, now=now))
        except Exception as error:  # noqa: BLE001  (told below, after the others)
            broken.append(error)
    if broken:
        # What could not be written is found by the sweep of the lost, with the outcome that stands in the log.
        raise broken[0]
    return states[0]


def _record_one(
    model: type[AnyAttempt], attempt_id: int, claimed: Claimed, outcome: Outcome, *, by: Actor, now: datetime
) -> AttemptState:
    with unit_of_work(by=by, now=now) as uow:
        found = locked_attempt(uow, model, attempt_id)
        if found is None:
            raise NotFound
        attempt, ticket, case = found
        if outcome.gone and claimed.message.endpoint_id is not None:
            endpoints.switch_off(endpoint_id=claimed.message.endpoint_id, by=by, now=now)
        state = take_outcome(uow, ticket, case, attempt, outcome)
        _finish(claimed.exchange_id, outcome, by=by, now=now)
        settle(uow, ticket, case)
        return state


def _finish(exchange_id: int, outcome: Outcome, *, by: Actor, now: datetime) -> None:
    """Record how an exchange ended, unless a person has found out in the meantime or nothing new is known."""
    exchange = Exchange.objects.get(pk=exchange_id)
    if exchange.state not in {ExchangeState.SENDING, ExchangeState.UNKNOWN} or exchange.state == outcome.state:
        return
    error = {"reason": outcome.reason} if outcome.reason else None
    exchanges.finish(
        exchange_id=exchange_id, state=outcome.state, by=by, now=now, provider_id=outcome.provider_id, error=error
    )


def mark_lost(model: type[AnyAttempt], attempt_id: int, *, by: Actor, now: datetime) -> bool:
    """Mark an attempt whose lease is over as `unknown` and go on with the ladder; tell whether it was so."""
    lease = timedelta(seconds=settings.ATTEMPT_LEASE_SECONDS)
    with unit_of_work(by=by, now=now) as uow:
        found = locked_attempt(uow, model, attempt_id)
        if found is None:
            return False
        attempt, ticket, case = found
        if attempt.state != AttemptState.SENDING or attempt.claimed_at is None or attempt.claimed_at > now - lease:
            return False
        if attempt.channel in BY_PERSON:
            return False
        outcome = _found_out(attempt)
        take_outcome(uow, ticket, case, attempt, outcome)
        if attempt.exchange_id is not None:
            _finish(attempt.exchange_id, outcome, by=by, now=now)
        settle(uow, ticket, case)
        return True


def _found_out(attempt: AnyAttempt) -> Outcome:
    """Return what is known of a message whose worker has died: of a digest the log may know its end already."""
    exchange = attempt.exchange
    if exchange is None or exchange.state not in {ExchangeState.SENT, ExchangeState.FAILED}:
        return Outcome(ExchangeState.UNKNOWN, reason="worker_lost")
    return Outcome(ExchangeState(exchange.state), reason=(exchange.error or {}).get("reason", ""))


def judge_unknown(model: type[AnyAttempt], attempt_id: int, *, arrived: bool, by: Actor, now: datetime) -> None:
    """Record what a person found out about an attempt of unknown outcome.

    :raises IllegalTransition: its outcome is known.
    :raises NotFound: there is no such attempt.
    """
    with unit_of_work(by=by, now=now) as uow:
        found = locked_attempt(uow, model, attempt_id)
        if found is None:
            raise NotFound
        attempt, ticket, case = found
        if attempt.state != AttemptState.UNKNOWN:
            raise IllegalTransition
        to, state = (AttemptState.SENT, ExchangeState.SENT) if arrived else (AttemptState.FAILED, ExchangeState.FAILED)
        uow.move(attempt, "state", table=ATTEMPT, to=to, **({"sent_at": attempt.claimed_at} if arrived else {}))
        if attempt.exchange_id is not None:
            exchanges.finish(
                exchange_id=attempt.exchange_id, state=state, by=by, now=now, error={"reason": "judged_by_person"}
            )
        if not arrived and still_wanted(attempt, ticket):
            give_up(uow, ticket, attempt, "judged_lost")
        settle(uow, ticket, case)


def mark_bounced(*, exchange_id: int, permanent: bool, reason: str, by: Actor, now: datetime) -> bool:
    """Record that a message came back, for every attempt that left with it, and go on as after a failure.

    `permanent`: the address is bad for good (5.x.x); else it is tried again later. `reason` is a code, e.g. `5.1.1`. Tell
    whether that was news: the same report twice changes nothing.
    """
    places = [
        (ticket_id, model, attempt_id)
        for model, path in TICKET_OF.items()
        for ticket_id, attempt_id in model._default_manager.filter(exchange_id=exchange_id).values_list(path, "pk")  # noqa: SLF001
    ]
    news = False
    with unit_of_work(by=by, now=now) as uow:
        for _ticket_id, model, attempt_id in sorted(places, key=lambda place: (place[0], place[2])):
            found = locked_attempt(uow, model, attempt_id)
            if found is not None:
                attempt, ticket, case = found
                news |= come_back(uow, ticket, case, attempt, permanent=permanent, reason=reason)
                settle(uow, ticket, case)
        if news:
            exchanges.mark_bounced(exchange_id=exchange_id, reason=reason, by=by, now=now)
    return news


def escalate(chase_id: int, ticket_id: int, *, by: Actor, now: datetime) -> bool:
    """Hand a chase at the end of its ladder to a person; tell whether it was due."""
    with unit_of_work(by=by, now=now) as uow:
        ticket = lock_ticket(uow, ticket_id)
        escalated = chases.escalate_if_due(uow, ticket, chase_id)
        if escalated:
            settle(uow, ticket, case_of(ticket_id))
        return escalated
