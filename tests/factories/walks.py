"""Cases on their way: each path extends an earlier one and replays the real steps, through services only."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Protocol

from django.contrib.auth.models import User
from django.db import transaction

from config.core.actor import SYSTEM, Actor
from migrations_app.enums import (
    AttemptState,
    DeskTaskState,
    PinCallState,
    RequirementCode,
    RequirementState,
    TaskOutcome,
)
from migrations_app.models import Chase, ChaseAttempt, DeskTask, MigrationCase, Notice, NumberMove, PinCall, Requirement
from migrations_app.rules.desk_tasks import ASKING
from migrations_app.selectors import due
from migrations_app.services import (
    call_run,
    calls,
    endings,
    intake,
    moves,
    outreach,
    requirements,
    slot_taking,
    task_outcomes,
)
from tests.factories.desk import Key, actor_of
from tests.factories.forms import form
from tickets.enums import CancelReason
from tickets.models import Event, Ticket


class Path(StrEnum):
    """How far a case has gone."""

    DRAFT = "draft"
    FILED = "filed"
    WAITING_TWO_STEP = "waiting_two_step"
    READY = "ready"
    SCHEDULED = "scheduled"
    IN_CALL = "in_call"
    LIVE = "live"
    RESOLVED = "resolved"
    CLOSED = "closed"
    CANCELLED = "cancelled"
    REJECTED = "rejected"
    TRIAGE = "triage"


_BEFORE: dict[Path, Path] = {
    Path.WAITING_TWO_STEP: Path.FILED,
    Path.READY: Path.WAITING_TWO_STEP,
    Path.SCHEDULED: Path.READY,
    Path.IN_CALL: Path.SCHEDULED,
    Path.LIVE: Path.IN_CALL,
    Path.RESOLVED: Path.LIVE,
    Path.CLOSED: Path.RESOLVED,
    Path.CANCELLED: Path.WAITING_TWO_STEP,
    Path.REJECTED: Path.FILED,
}
NEEDS_META = frozenset({Path.LIVE, Path.RESOLVED, Path.CLOSED})
CALL_IN = timedelta(hours=24)
"""Filing is at noon in Sao Paulo, so the same hour of the next day is within the agents' hours."""
NEW_PIN = "482615"


class Telephone(Protocol):
    """Where codes arrive."""

    def at(self, moment: datetime) -> None: ...

    def code_for(self, number: str) -> str: ...


@dataclass
class Walk:
    """One ticket, the people around it and the present moment."""

    ticket: Ticket
    by: Actor
    agent: User
    now: datetime
    telephone: Telephone | None = None
    call: PinCall | None = field(default=None)

    @property
    def desk(self) -> Actor:
        return actor_of(self.agent)

    @property
    def case(self) -> MigrationCase:
        return MigrationCase.objects.get(ticket=self.ticket)

    def fresh(self) -> Ticket:
        """The ticket as it stands in the database now."""
        self.ticket = Ticket.objects.get(pk=self.ticket.pk)
        return self.ticket

    def number(self, position: int = 1) -> NumberMove:
        return NumberMove.objects.get(case__ticket=self.ticket, position=position)

    def numbers(self) -> list[NumberMove]:
        return list(NumberMove.objects.filter(case__ticket=self.ticket).order_by("position"))

    def requirement(self, code: RequirementCode | str, position: int | None = None) -> Requirement:
        rows = Requirement.objects.filter(case__ticket=self.ticket, code=code)
        return rows.get(number__position=position) if position else rows.order_by("id")[0]

    def evidence(self, code: RequirementCode | str, position: int | None = None) -> dict[str, Any]:
        return dict(self.requirement(code, position).evidence or {})

    def chase(self, code: RequirementCode = RequirementCode.TWO_STEP_DISABLED) -> Chase:
        return Chase.objects.get(case__ticket=self.ticket, requirement_code=code)

    def attempts(self, code: RequirementCode = RequirementCode.TWO_STEP_DISABLED) -> list[ChaseAttempt]:
        rows = ChaseAttempt.objects.filter(chase__case__ticket=self.ticket, chase__requirement_code=code)
        return list(rows.order_by("id"))

    def planned(self, code: RequirementCode = RequirementCode.TWO_STEP_DISABLED) -> ChaseAttempt:
        """The one message of a chase that waits for its time."""
        return ChaseAttempt.objects.get(
            chase__case__ticket=self.ticket, chase__requirement_code=code, state=AttemptState.PLANNED
        )

    def notices(self) -> list[Notice]:
        return list(Notice.objects.filter(case__ticket=self.ticket).order_by("id"))

    def events(self) -> list[Event]:
        return list(Event.objects.filter(ticket_id=self.ticket.pk).order_by("sequence"))

    def event_types(self) -> list[str]:
        return [event.type for event in self.events()]

    @contextmanager
    def undone(self) -> Iterator[None]:
        """Try something and take it back, so that several things can be tried on one walk: rows, moment and call.

        Mails and what Meta was told stay.
        """
        ticket, now, call = self.ticket, self.now, self.call
        with transaction.atomic():
            yield
            transaction.set_rollback(True)
        self.ticket, self.now, self.call = ticket, now, call

    def later(self, **amount: float) -> datetime:
        """Let time pass, and return what it is then."""
        self.now += timedelta(**amount)
        return self.now

    # Steps. Each does what a person or a sweep does.

    def send_all_due(self) -> list[AttemptState | None]:
        return [
            outreach.send_due(model, attempt_id, by=SYSTEM, now=self.now)
            for model in (ChaseAttempt, Notice)
            for attempt_id in due.due_messages(model, now=self.now, limit=100)
        ]

    def nobody_answers(self) -> None:
        """The desk does what it is to do by hand, in vain."""
        for task in DeskTask.objects.filter(case__ticket=self.ticket, state=DeskTaskState.OPEN, kind__in=ASKING):
            told = task_outcomes.Told(TaskOutcome.NO_ANSWER)
            task_outcomes.record_outcome(task_id=task.pk, told=told, by=self.desk, now=self.now)

    def claim(self, code: RequirementCode | str = "two_step_disabled", **more: Any) -> None:
        by = more.pop("by", self.by)
        claim = requirements.Claim(RequirementCode(code), **more)
        requirements.claim(ticket_id=self.ticket.pk, claim=claim, by=by, now=self.now)

    def ask_bsp(self, code: RequirementCode | str = "two_step_disabled", **more: Any) -> None:
        request = requirements.Request(RequirementCode(code), requested_at=self.now, **more)
        requirements.mark_requested(ticket_id=self.ticket.pk, request=request, by=self.by, now=self.now)

    def decide(
        self, code: RequirementCode | str, state: RequirementState, *, reason: str = "Looked at again", **more: Any
    ) -> None:
        decision = requirements.Decision(RequirementCode(code), state, reason=reason, **more)
        requirements.decide(ticket_id=self.ticket.pk, decision=decision, by=self.desk, now=self.now)

    def book(self, start: datetime | None = None, numbers: Sequence[str] | None = None) -> PinCall:
        wish = slot_taking.Wish(start or self.now + CALL_IN, numbers)
        self.call = calls.book(ticket_id=self.ticket.pk, wish=wish, by=self.by, now=self.now)
        return self.call

    def hold(self, start: datetime | None = None) -> PinCall:
        wish = slot_taking.Wish(start or self.now + CALL_IN)
        return calls.hold(ticket_id=self.ticket.pk, wish=wish, by=self.by, now=self.now)

    def start_call(self) -> None:
        call = self.current_call()
        self.now = call.start
        call_run.start_call(ticket_id=self.ticket.pk, call_id=str(call.uid), by=self.desk, now=self.now)

    def finish_call(self) -> None:
        uid = str(self.current_call().uid)
        call_run.finish_call(ticket_id=self.ticket.pk, call_id=uid, by=self.desk, now=self.now)

    def current_call(self) -> PinCall:
        states = [PinCallState.BOOKED, PinCallState.STARTED]
        return PinCall.objects.get(ticket=self.ticket, state__in=states)

    def ask_code(self, position: int = 1, *, voice: bool | None = None) -> str:
        self._tell_time()
        return moves.ask_for_code(number_id=self.number(position).pk, voice=voice, by=self.desk, now=self.now)

    def verify(self, code: str | None = None, position: int = 1) -> str:
        self._tell_time()
        number = self.number(position)
        given = code or self._phone().code_for(number.number)
        return moves.verify(number_id=number.pk, code=given, by=self.desk, now=self.now)

    def register(self, pin: str = NEW_PIN, position: int = 1) -> str:
        self._tell_time()
        return moves.register(number_id=self.number(position).pk, pin=pin, by=self.desk, now=self.now)

    def move(self, position: int = 1) -> None:
        """Carry one number through the call."""
        self.ask_code(position)
        self.verify(position=position)
        self.register(position=position)

    def cancel(self, reason: CancelReason = CancelReason.CLIENT_STAYED) -> None:
        endings.cancel(ticket_id=self.ticket.pk, reason=reason, by=self.by, now=self.now)

    def _phone(self) -> Telephone:
        assert self.telephone is not None, "this path needs the `meta` fixture"
        return self.telephone

    def _tell_time(self) -> None:
        self._phone().at(self.now)


@dataclass
class Walker:
    """Files tickets and carries them along a path."""

    key: Key
    agent: User
    now: datetime
    telephone: Telephone | None = None

    def __call__(
        self, path: Path, *numbers: str | dict[str, Any], key: Key | None = None, test: bool = False, **changes: Any
    ) -> Walk:
        filer = key or self.key
        if path is Path.DRAFT:
            changes["submit"] = False
        if path is Path.TRIAGE:
            changes.setdefault("current_bsp", "Nobody Knows Ltd")
        ticket = intake.file_ticket(
            organization=filer.organization, form=form(*numbers, test=test, **changes), by=filer.actor, now=self.now
        )
        walk = Walk(ticket, filer.actor, self.agent, self.now, self.telephone)
        for step in _steps(path):
            _WALK[step](walk)
        walk.fresh()
        return walk


def _steps(path: Path) -> list[Path]:
    steps: list[Path] = []
    while path in _BEFORE:
        steps.insert(0, path)
        path = _BEFORE[path]
    return steps


def _send_first(walk: Walk) -> None:
    walk.send_all_due()


def _become_ready(walk: Walk) -> None:
    walk.later(minutes=30)
    if walk.requirement("two_step_disabled").state not in {RequirementState.CLAIMED, RequirementState.MET}:
        walk.claim()


def _become_scheduled(walk: Walk) -> None:
    walk.book(walk.now.replace(minute=0) + CALL_IN)


def _enter_call(walk: Walk) -> None:
    walk.claim("open_conversations_ack")
    walk.start_call()


def _move_all(walk: Walk) -> None:
    for number in walk.numbers():
        walk.move(number.position)


def _resolve(walk: Walk) -> None:
    walk.later(minutes=10)
    walk.decide("send_receive_test", RequirementState.MET)


def _close(walk: Walk) -> None:
    walk.later(days=3)
    endings.close(ticket_id=walk.ticket.pk, by=walk.desk, now=walk.now)


def _reject(walk: Walk) -> None:
    endings.reject(ticket_id=walk.ticket.pk, reason="The line belongs to somebody else.", by=walk.desk, now=walk.now)


_WALK: dict[Path, Callable[[Walk], None]] = {
    Path.WAITING_TWO_STEP: _send_first,
    Path.READY: _become_ready,
    Path.SCHEDULED: _become_scheduled,
    Path.IN_CALL: _enter_call,
    Path.LIVE: _move_all,
    Path.RESOLVED: _resolve,
    Path.CLOSED: _close,
    Path.CANCELLED: Walk.cancel,
    Path.REJECTED: _reject,
}
