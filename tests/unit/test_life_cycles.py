"""Every life cycle is complete, every status can be reached, and its ends are ends."""

from enum import Enum
from typing import Any

import pytest

from config.core.transitions import TransitionTable, table
from migrations_app.enums import (
    AttemptState,
    ChaseState,
    DeskTaskState,
    NumberState,
    PinCallState,
    RequirementState,
    Stage,
)
from migrations_app.enums.aftercare import CheckState
from migrations_app.enums.disputes import DisputeState
from migrations_app.enums.exports import ExportState
from migrations_app.enums.mail import MailState
from migrations_app.enums.proofs import ProofState
from migrations_app.enums.proposals import ProposalState
from migrations_app.rules import lifecycle as domain
from providers.enums import ExchangeState
from providers.rules.lifecycle import EXCHANGE
from tickets.enums import ClockState, DeliveryState, RoutingState, StatusCategory, TicketStatus
from tickets.rules.lifecycle import CLOCK, DELIVERY, ROUTING_VERSION, TICKET, category

TABLES: list[tuple[TransitionTable[Any], type[Enum], set[Enum]]] = [
    (TICKET, TicketStatus, {TicketStatus.REJECTED}),
    (ROUTING_VERSION, RoutingState, {RoutingState.RETIRED}),
    (CLOCK, ClockState, {ClockState.MET, ClockState.BREACHED, ClockState.STOPPED}),
    (DELIVERY, DeliveryState, set()),
    (domain.STAGE, Stage, {Stage.REJECTED}),
    (domain.NUMBER, NumberState, {NumberState.LIVE}),
    (domain.REQUIREMENT, RequirementState, set()),
    (domain.CHASE, ChaseState, set()),
    (domain.ATTEMPT, AttemptState, {AttemptState.FAILED, AttemptState.BOUNCED}),
    (
        domain.PIN_CALL,
        PinCallState,
        {PinCallState.FINISHED, PinCallState.CANCELLED, PinCallState.NO_SHOW, PinCallState.EXPIRED},
    ),
    (domain.DISPUTE, DisputeState, {DisputeState.UPHELD, DisputeState.TRANSFERRED, DisputeState.DISMISSED}),
    (domain.MAIL, MailState, {MailState.FILED}),
    (domain.MOVE_CHECK, CheckState, set()),
    (domain.EXPORT, ExportState, {ExportState.FAILED, ExportState.EXPIRED}),
    (domain.PROPOSAL, ProposalState, {state for state in ProposalState if state != ProposalState.OPEN}),
    (domain.DESK_TASK, DeskTaskState, {DeskTaskState.DONE, DeskTaskState.DROPPED}),
    (
        domain.PROOF,
        ProofState,
        {ProofState.ACCEPTED, ProofState.STILL_ON, ProofState.REFUSED, ProofState.POSTPONED, ProofState.UNANSWERED},
    ),
    (EXCHANGE, ExchangeState, {ExchangeState.FAILED, ExchangeState.BOUNCED}),
]
every_table = pytest.mark.parametrize(("life", "words", "ends"), TABLES, ids=lambda value: getattr(value, "name", ""))


@every_table
def test_every_word_is_a_status_and_every_status_can_be_reached(
    life: TransitionTable[Any], words: type[Enum], ends: set[Enum]
) -> None:
    assert set(life.moves) == set(words)
    assert life.unreachable() == frozenset()
    assert {following for moves in life.moves.values() for following in moves} <= set(words)


@every_table
def test_ends_are_ends_and_nothing_moves_to_itself(
    life: TransitionTable[Any], words: type[Enum], ends: set[Enum]
) -> None:
    assert {status for status in words if not life.successors(status)} == ends
    assert not [status for status in words if life.allows(status, status)]


def test_all_tables_of_the_domain_are_listed() -> None:
    assert {life.name for life, *_ in TABLES} >= {life.name for life in domain.ALL_TABLES}


class Light(Enum):
    RED, GREEN, OFF, LOST = "red", "green", "off", "lost"


LIGHTS = table(
    "light",
    start=Light.RED,
    moves={Light.RED: (Light.GREEN,), Light.GREEN: (Light.RED, Light.OFF), Light.OFF: (), Light.LOST: ()},
)


def test_a_table_answers_where_from_and_where_to() -> None:
    assert LIGHTS.allows(Light.RED, Light.GREEN)
    assert not LIGHTS.allows(Light.RED, Light.OFF)
    assert LIGHTS.successors(Light.GREEN) == {Light.RED, Light.OFF}
    assert LIGHTS.sources(Light.RED) == {Light.GREEN}
    assert LIGHTS.unreachable() == {Light.LOST}


def test_a_status_that_the_table_does_not_know_allows_nothing() -> None:
    partial = table("partial", start=Light.RED, moves={Light.RED: ()})
    assert not partial.allows(Light.GREEN, Light.RED)
    assert partial.successors(Light.GREEN) == frozenset()


@pytest.mark.parametrize("status", TicketStatus)
def test_every_status_has_a_category_and_hold_means_pending_unless_done(status: TicketStatus) -> None:
    plain = category(status, on_hold=False)
    held = category(status, on_hold=True)
    assert held == (StatusCategory.DONE if plain == StatusCategory.DONE else StatusCategory.PENDING)


def test_a_case_can_follow_every_way_its_facts_may_lead() -> None:
    """From a stage among the living, leaving out numbers or ending a call may lead to any later one."""
    for stage in (Stage.REQUIREMENTS, Stage.READY, Stage.SCHEDULED, Stage.IN_CALL):
        assert {Stage.VERIFYING, Stage.CLOSING} <= domain.STAGE.successors(stage)
