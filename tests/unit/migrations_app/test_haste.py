"""Waiting made shorter for test tickets, and what the machine at their desk does."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from migrations_app.enums import RequirementCode, RequirementState
from migrations_app.rules.haste import REAL, hastened, shortened
from migrations_app.rules.phone import parse_phone
from migrations_app.rules.test_desk import Deed, Point, deed_for
from providers.rules.fates import FATES, fate_of
from providers.types import OldBsp
from tickets.enums import Party

NOW = datetime(2026, 3, 2, 15, 0, tzinfo=UTC)
LATER = NOW + timedelta(hours=1)
Code = RequirementCode
State = RequirementState


def test_a_day_passes_in_a_minute() -> None:
    assert hastened(NOW + timedelta(days=1), NOW, 1440) == NOW + timedelta(minutes=1)
    assert shortened(timedelta(hours=72), 1440) == timedelta(minutes=3)


@given(st.integers(-10_000, 10_000), st.integers(0, 10_000), st.floats(1, 100_000))
def test_nothing_comes_later_or_out_of_order_and_live_tickets_wait_as_ever(
    first: int, gap: int, rate: float
) -> None:  # fmt: skip
    due, after = NOW + timedelta(minutes=first), NOW + timedelta(minutes=first + gap)
    assert hastened(due, NOW, rate) <= due
    assert hastened(due, NOW, rate) <= hastened(after, NOW, rate)
    assert hastened(due, NOW, REAL) == due
    assert hastened(due, NOW, rate) >= min(due, NOW)


def point(code: Code, owner: Party, state: State = State.UNMET, **more: object) -> Point:
    return Point(code, owner, state, NOW, **more)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("what", "does"),
    [
        (point(Code.DESTINATION_PAYMENT, Party.ONBOARDING), (Deed.MEET, NOW)),
        (point(Code.BUSINESS_VERIFIED, Party.META), (Deed.MEET, NOW)),
        (point(Code.BUSINESS_VERIFIED, Party.META, never_verified=True), None),
        (point(Code.OPEN_CONVERSATIONS_ACK, Party.CLIENT), None),
        (point(Code.OPEN_CONVERSATIONS_ACK, Party.CLIENT, State.CLAIMED), (Deed.MEET, NOW)),
        (point(Code.TWO_STEP_DISABLED, Party.OLD_BSP), None),
        (point(Code.TWO_STEP_DISABLED, Party.OLD_BSP, asked_at=LATER), (Deed.ANSWER, LATER)),
        (point(Code.TWO_STEP_DISABLED, Party.OLD_BSP, asked_at=LATER, old_bsp=OldBsp.REFUSES), (Deed.REFUSE, LATER)),
        (point(Code.TWO_STEP_DISABLED, Party.OLD_BSP, asked_at=LATER, old_bsp=OldBsp.SILENT), None),
        (point(Code.TWO_STEP_DISABLED, Party.OLD_BSP, State.CLAIMED, tried=True), None),
        (point(Code.TWO_STEP_DISABLED, Party.OLD_BSP, State.MET), None),
        (point(Code.WABA_ID, Party.CLIENT, State.REQUESTED, asked_at=LATER), (Deed.ANSWER, LATER)),
        (point(Code.SEND_RECEIVE_TEST, Party.ONBOARDING), None),
        (point(Code.SEND_RECEIVE_TEST, Party.ONBOARDING, live_at=LATER), (Deed.TEST, LATER)),
        (point(Code.QUALITY_24H, Party.ONBOARDING, live_at=LATER, read=True), None),
    ],
)
def test_the_machine_plays_everybody_but_the_client(what: Point, does: tuple[Deed, datetime] | None) -> None:
    assert deed_for(what) == does


def test_magic_numbers_are_valid_mobiles_each_with_one_fate() -> None:
    assert len({fate.number for fate in FATES}) == len({fate.code for fate in FATES}) == len(FATES)
    for fate in FATES:
        phone = parse_phone(fate.number)
        assert (phone.number, phone.line_type, phone.warnings) == (fate.number, "mobile", ())
    assert fate_of("+5511987654321") is FATES[0]
